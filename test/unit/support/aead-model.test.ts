import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import {
  aadInModel,
  checkValueInModel,
  cmac,
  deriveInModel,
  MODEL_SCHEMES,
  type ModelDerivation,
  openInModel,
  sealInModel,
} from '../../support/aead-model.ts';

const run = promisify(execFile);
const derivation = (scheme: ModelDerivation['scheme']): ModelDerivation => ({
  scheme,
  key: randomBytes(32),
  externalKeyId: 'foo',
  generation: 7,
  nonce: randomBytes(16),
  iv: randomBytes(12),
});

describe('the software model of the AEAD', () => {
  // SP 800-38B, updated examples: AES-256, with the key and the messages of SP 800-38A, appendix F.
  test.for([
    { bytes: 0, mac: '028962f61b7bf89efc6b551f4667d983' },
    { bytes: 16, mac: '28a7023f452e8f82bd4bf28d8c37c35c' },
    { bytes: 40, mac: 'aaf3d8f1de5640c232f5b169b9c911e6' },
    { bytes: 64, mac: 'e1992190549f6ed5696a2c056c315410' },
  ])('has the CMAC that NIST publishes of $bytes bytes', ({ bytes, mac }) => {
    const key = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');
    const message = Buffer.from(
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
      'hex',
    );
    expect(cmac(key, message.subarray(0, bytes)).toString('hex')).toBe(mac);
  });

  test.for([
    { scheme: 'hmac' as const, mac: ['-kdfopt', 'mac:HMAC', '-kdfopt', 'digest:SHA256'] },
    { scheme: 'cmac' as const, mac: ['-kdfopt', 'mac:CMAC', '-kdfopt', 'cipher:AES-256-CBC'] },
  ])('derives with $scheme what OpenSSL derives by SP 800-108', async ({ scheme, mac }) => {
    const asked = derivation(scheme);
    const { binding, messageKey } = deriveInModel(asked);
    const context = Buffer.concat([binding, asked.nonce, asked.iv]).toString('hex');
    const { stdout } = await run(
      'openssl',
      [
        'kdf',
        ...['-keylen', '32', '-binary'],
        ...mac,
        ...['-kdfopt', `hexkey:${Buffer.from(asked.key).toString('hex')}`, '-kdfopt', 'salt:xks-aead/1'],
        ...['-kdfopt', `hexinfo:${context}`, '-kdfopt', 'mode:counter', 'KBKDF'],
      ],
      { encoding: 'buffer' },
    );
    expect(stdout.toString('hex')).toBe(messageKey.toString('hex'));
  });

  test.for(MODEL_SCHEMES.map((scheme) => ({ scheme })))('opens with $scheme what it sealed', ({ scheme }) => {
    const asked = derivation(scheme);
    const plaintext = randomBytes(50);
    const sealed = sealInModel(asked, plaintext, Buffer.from('aad'));
    expect(openInModel(asked, sealed)?.equals(plaintext)).toBe(true);
    const aad = aadInModel(Buffer.from('aae'), sealed.metadata);
    expect(openInModel(asked, { ...sealed, aad })).toBeUndefined();
    expect(openInModel({ ...asked, generation: 8 }, sealed)).toBeUndefined();
  });

  it('asks CBC-MAC for inputs of 48 bytes alone', () => {
    const { prfInputs } = deriveInModel(derivation('cbc-mac'));
    expect(prfInputs.map(({ length }) => length)).toEqual([48, 48]);
  });

  it('has the check value of AES-256 under the zero key that NIST publishes (AESAVS)', () => {
    expect(checkValueInModel('cbc-mac', Buffer.alloc(32))).toBe('dc95c0');
  });
});
