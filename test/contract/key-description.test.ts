import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyDescription } from '../../src/domain/ports/hsm.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { encodeJson } from '../../src/hsm/wire/messages.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { importKeys } from '../support/import-key.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { schemeKey } from '../support/scheme-keys.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ZEROS = '00'.repeat(32);
let token: TestToken;
let real: pkcs11js.PKCS11;
let altered: AlteredLibrary;
let host: InProcessHost;

beforeAll(async () => {
  token = await createTestToken();
  const schemes = ['native-gcm', 'hmac', 'cmac', 'cbc-mac'] as const;
  await importKeys(token, [
    ...schemes.map((scheme) => schemeKey(scheme, { valueHex: ZEROS })),
    schemeKey('cmac', { label: 'wrap', idHex: 'd101', usages: ['wrap', 'unwrap'] }),
    schemeKey('hmac', { label: 'derive', idHex: 'd102', usages: ['derive'] }),
    schemeKey('hmac', { label: 'typed', idHex: 'd103', type: 'SHA256_HMAC' }),
  ]);
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  real = loadModule(token.paths.module);
  altered = new AlteredLibrary(real);
});
afterAll(async () => {
  await token[Symbol.asyncDispose]();
});

beforeEach(async () => {
  host = await openInProcessHost(altered.library, token);
});
afterEach(() => {
  altered.heal();
  host.link.lose('end of test');
});

async function describeKey(label: string): Promise<KeyDescription> {
  return JSON.parse(Buffer.from(await host.link.call('describe', encodeJson({ label }))).toString());
}

/** The token will not tell these attributes. */
function withhold(...types: readonly number[]): void {
  const read = (session: Buffer, key: Buffer, template: pkcs11js.Template) => {
    if (types.includes(template[0]?.type ?? -1))
      throw new pkcs11js.Pkcs11Error('CKR_ATTRIBUTE_TYPE_INVALID:18');
    return real.C_GetAttributeValue(session, key, template);
  };
  altered.replace({ C_GetAttributeValue: read as never });
}

/** The token does not know these mechanisms. */
function refuseMechanisms(...types: readonly number[]): void {
  const init =
    (name: 'C_EncryptInit' | 'C_SignInit') =>
    (session: Buffer, mechanism: pkcs11js.Mechanism, key: Buffer): void => {
      if (types.includes(mechanism.mechanism)) throw new pkcs11js.Pkcs11Error('CKR_MECHANISM_INVALID:112');
      real[name](session, mechanism, key);
    };
  altered.replace({ C_EncryptInit: init('C_EncryptInit'), C_SignInit: init('C_SignInit') });
}

describe('the usages of a key', () => {
  it.for([
    { label: 'native-gcm', keyType: 'AES', usages: ['canEncrypt', 'canDecrypt'] },
    { label: 'hmac', keyType: 'GENERIC_SECRET', usages: ['canSign'] },
    { label: 'cmac', keyType: 'AES', usages: ['canSign'] },
    { label: 'cbc-mac', keyType: 'AES', usages: ['canEncrypt'] },
    { label: 'wrap', keyType: 'AES', usages: ['canWrap', 'canUnwrap'] },
    { label: 'derive', keyType: 'GENERIC_SECRET', usages: ['canDerive'] },
    { label: 'typed', keyType: 'SHA256_HMAC', usages: ['canSign'] },
  ])('X-21: of $label are $usages', async ({ label, keyType, usages }) => {
    const description = await describeKey(label);
    expect(description).toMatchObject({ keyType, bits: 256, sensitive: true, extractable: false });
    const set = Object.entries(description).filter(
      ([name, value]) => name.startsWith('can') && value === true,
    );
    expect(set.map(([name]) => name)).toEqual(usages);
    expect(description.withheld).toBeUndefined();
  });

  it('X-21: that the token does not tell are noted, and count as absent', async () => {
    withhold(pkcs11js.CKA_SIGN, pkcs11js.CKA_WRAP);
    expect(await describeKey('cmac')).toMatchObject({
      canSign: false,
      canWrap: false,
      withheld: ['SIGN', 'WRAP'],
    });
  });

  it('that the token does not tell leave no length and no type behind either', async () => {
    withhold(pkcs11js.CKA_VALUE_LEN, pkcs11js.CKA_KEY_TYPE);
    expect(await describeKey('hmac')).toMatchObject({ bits: 0, keyType: 'OTHER' });
  });
});

describe('the check value of a key', () => {
  // Of the key of 32 zero bytes: AESAVS; OpenSSL's `mac` for HMAC and CMAC of 16 zero bytes.
  it.for([
    { label: 'native-gcm', kcvHex: 'dc95c0' },
    { label: 'cbc-mac', kcvHex: 'dc95c0' },
    { label: 'hmac', kcvHex: '853c74' },
    { label: 'cmac', kcvHex: '921105' },
  ])('X-49: of $label is of its kind', async ({ label, kcvHex }) => {
    expect((await describeKey(label)).kcvHex).toBe(kcvHex);
  });

  it.for([{ label: 'native-gcm' }, { label: 'cbc-mac' }])(
    'of $label is computed where the token has none, in ECB or in CBC',
    async ({ label }) => {
      withhold(pkcs11js.CKA_CHECK_VALUE);
      expect((await describeKey(label)).kcvHex).toBe('dc95c0');
      refuseMechanisms(pkcs11js.CKM_AES_ECB);
      expect((await describeKey(label)).kcvHex).toBe('dc95c0');
    },
  );

  it('of a key that only signs is never the one that the token keeps', async () => {
    refuseMechanisms(pkcs11js.CKM_AES_CMAC, pkcs11js.CKM_SHA256_HMAC);
    expect((await describeKey('cmac')).kcvHex).toBeUndefined();
    expect((await describeKey('hmac')).kcvHex).toBeUndefined();
  });

  it('is not made absent by trouble of the moment', async () => {
    altered.fail('C_Sign', 'CKR_DEVICE_ERROR:48', 1);
    await expect(describeKey('cmac')).rejects.toMatchObject({ code: 'unavailable' });
    expect((await describeKey('cmac')).kcvHex).toBe('921105');
  });
});
