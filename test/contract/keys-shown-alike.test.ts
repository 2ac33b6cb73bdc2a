/**
 * Keys as the PKCS#11 module of NetHSM shows them: every AES key is a generic secret of length 0 that encrypts and
 * decrypts, and the mechanisms that the key lacks are refused when they are asked for. In front of SoftHSM2.
 */
import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyDescription } from '../../src/domain/ports/hsm.ts';
import { admitKey } from '../../src/domain/xks/key-admission.ts';
import { SchemeAead } from '../../src/hsm/aead/scheme-aead.ts';
import { nethsm } from '../../src/hsm/devices/nethsm.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { decodeJson, encodeJson } from '../../src/hsm/wire/messages.ts';
import { checkValueInModel } from '../support/aead-model.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { crossCheck } from '../support/cross-check.ts';
import { importKeys } from '../support/import-key.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { keyBytes, schemeKey } from '../support/scheme-keys.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { mappedKey } from '../unit/domain/xks/samples.ts';

const ENCRYPTS = schemeKey('cbc-mac', { label: 'encrypts', idHex: 'd201' });
const BOTH = schemeKey('native-gcm', { label: 'both', idHex: 'd202' });
const DECRYPTS = schemeKey('native-gcm', { label: 'decrypts', idHex: 'd203', usages: ['decrypt'] });
const HEALTH = { label: 'encrypts', scheme: 'cbc-mac' } as const;
let token: TestToken;
let real: pkcs11js.PKCS11;
let altered: AlteredLibrary;
let host: InProcessHost;

beforeAll(async () => {
  token = await createTestToken();
  await importKeys(token, [ENCRYPTS, BOTH, DECRYPTS]);
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  real = loadModule(token.paths.module);
  altered = new AlteredLibrary(real);
});
afterAll(async () => {
  await token[Symbol.asyncDispose]();
});

beforeEach(async () => {
  altered.replace({ C_GetAttributeValue: showAlike as never });
  host = await openInProcessHost(altered.library, token, { ...nethsm, pin: { pattern: '.*', expected: '' } });
});
afterEach(() => {
  altered.heal();
  host.link.lose('end of test');
});

function showAlike(session: Buffer, key: Buffer, template: pkcs11js.Template): pkcs11js.Template {
  const [attribute] = template;
  const type = attribute?.type ?? -1;
  if (UNKNOWN.has(type)) throw new pkcs11js.Pkcs11Error('CKR_ATTRIBUTE_TYPE_INVALID:18');
  const value = ALIKE.get(type);
  return value === undefined ? real.C_GetAttributeValue(session, key, template) : [{ type, value }];
}

async function describeKey(label: string): Promise<KeyDescription> {
  return decodeJson(await host.link.call('describe', encodeJson({ label })));
}

const entry = mappedKey('foo', { scheme: 'cbc-mac', attestedBits: 256 });
const context = () => ({ tenant: 1, deadlineMs: performance.now() + 10_000 });

describe('a key of a module that shows all alike', () => {
  it.for([
    { label: 'encrypts', canEncrypt: true, canDecrypt: false },
    { label: 'both', canEncrypt: true, canDecrypt: true },
    { label: 'decrypts', canEncrypt: false, canDecrypt: true },
  ])('X-21: named $label is described as what it does', async (row) => {
    expect(await describeKey(row.label)).toMatchObject({
      ...row,
      keyType: 'AES',
      bits: 0,
      tried: true,
      canSign: false,
      canVerify: false,
      canWrap: false,
      extractable: false,
      sensitive: true,
    });
    expect((await describeKey(row.label)).withheld).toBeUndefined();
  });

  it('has the check value of what it does', async () => {
    expect((await describeKey('encrypts')).kcvHex).toBe(checkValueInModel('cbc-mac', keyBytes(ENCRYPTS)));
    expect((await describeKey('decrypts')).kcvHex).toBeUndefined();
  });

  it('is listed as it is described', async () => {
    const listed = await host.link.call('listKeys', encodeJson({ offset: 0, limit: 10 }));
    expect(JSON.stringify(decodeJson(listed))).toContain(JSON.stringify(await describeKey('encrypts')));
  });

  it('X-20: is admitted for cbc-mac by the word for its length, if it does not decrypt', async () => {
    const description = await describeKey('encrypts');
    expect(admitKey(entry, description)).toEqual({ admitted: true, usages: ['ENCRYPT', 'DECRYPT'] });
    const { attestedBits: _, ...silent } = entry;
    expect(admitKey(silent, description)).toMatchObject({
      reason: expect.stringMatching(/does not tell its length/),
    });
    expect(admitKey(entry, await describeKey('both'))).toMatchObject({
      reason: expect.stringMatching(/must not have CKA_DECRYPT/),
    });
    expect(admitKey(entry, await describeKey('decrypts'))).toMatchObject({
      reason: expect.stringMatching(/must have CKA_ENCRYPT/),
    });
  });

  it('X-29 X-31: makes and opens what the software model does, while it is the one that was admitted', async () => {
    await host.prepare(HEALTH);
    const aead = new SchemeAead(host.call, { randomBytes: (length) => Buffer.alloc(length, 7) });
    const key = { token: 'soft', selector: { label: 'encrypts' } };
    const admitted = await describeKey('encrypts');
    await crossCheck({ aead, key, admitted, scheme: 'cbc-mac', value: keyBytes(ENCRYPTS), context });
  });

  it('is no canary that fails', async () => {
    expect((await host.prepare(HEALTH)).canary).toBe('');
  });

  it('X-21: that claims to sign besides is believed', async () => {
    const claims = (session: Buffer, key: Buffer, template: pkcs11js.Template) =>
      template[0]?.type === pkcs11js.CKA_SIGN
        ? [{ type: pkcs11js.CKA_SIGN, value: YES }]
        : showAlike(session, key, template);
    altered.replace({ C_GetAttributeValue: claims as never });
    expect(admitKey(entry, await describeKey('encrypts'))).toMatchObject({
      reason: expect.stringMatching(/must not have CKA_SIGN/),
    });
  });

  it.for([{ name: 'C_DecryptInit' }, { name: 'C_EncryptInit' }] as const)(
    'is not described at all while $name meets trouble of the moment',
    async ({ name }) => {
      altered.fail(name, 'CKR_DEVICE_ERROR:48', 1);
      await expect(describeKey('both')).rejects.toMatchObject({ code: 'unavailable' });
      expect(await describeKey('both')).toMatchObject({ canEncrypt: true, canDecrypt: true });
    },
  );
});

describe('a key of which that module tells more', () => {
  it('is described by its attributes, and the word for its length must agree', async () => {
    altered.heal();
    const description = await describeKey('encrypts');
    expect(description).toMatchObject({ keyType: 'AES', bits: 256, canEncrypt: true, canDecrypt: false });
    expect(description.tried).toBeUndefined();
    expect(admitKey(entry, description).admitted).toBe(true);
    expect(admitKey(entry, { ...description, bits: 128 })).toMatchObject({
      reason: expect.stringMatching(/attests 256 bits/),
    });
  });
});

const YES = Buffer.from([1]);
const NO = Buffer.from([0]);
const ALIKE = new Map<number, Buffer>([
  [pkcs11js.CKA_KEY_TYPE, Buffer.from([pkcs11js.CKK_GENERIC_SECRET, 0, 0, 0, 0, 0, 0, 0])],
  [pkcs11js.CKA_VALUE_LEN, Buffer.alloc(8)],
  [pkcs11js.CKA_ENCRYPT, YES],
  [pkcs11js.CKA_DECRYPT, YES],
  [pkcs11js.CKA_SIGN, NO],
  [pkcs11js.CKA_WRAP, NO],
  [pkcs11js.CKA_UNWRAP, NO],
  [pkcs11js.CKA_DERIVE, NO],
  [pkcs11js.CKA_SENSITIVE, YES],
  [pkcs11js.CKA_EXTRACTABLE, NO],
]);
const UNKNOWN = new Set<number>([pkcs11js.CKA_VERIFY, pkcs11js.CKA_CHECK_VALUE]);
