import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { findToken, loadModule, type TokenSlot } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { probeSchemes, probeToken } from '../../src/hsm/pkcs11/probe/probe-token.ts';
import type { ProbePlace } from '../../src/hsm/pkcs11/probe/trial.ts';
import { SessionPool } from '../../src/hsm/pkcs11/session-pool.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

let token: TestToken;
let altered: AlteredLibrary;
let real: TokenSlot;

beforeAll(async () => {
  token = await createTestToken();
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  altered = new AlteredLibrary(loadModule(token.paths.module));
  real = findToken(altered.library, { label: token.label });
  place().sessions.login(token.pin);
});
afterEach(() => altered.heal());
afterAll(() => token[Symbol.asyncDispose]());

function place(changes: Partial<ProbePlace> = {}): ProbePlace {
  const { library } = altered;
  sessions ??= new SessionPool(library, real.slot, softhsm2);
  return {
    library,
    slot: real.slot,
    sessions,
    mechanisms: real.info.mechanisms,
    profile: softhsm2,
    ...changes,
  };
}
let sessions: SessionPool | undefined;

const found = (feature: string, changes: Partial<ProbePlace> = {}) =>
  probeToken(place(changes)).find((finding) => finding.feature === feature);
const capability = (feature: string, changes: Partial<ProbePlace> = {}) => {
  const { capability: said, why } = found(feature, changes) ?? {};
  return [said, why];
};
const objects = async () =>
  (await token.pkcs11Tool(['--list-objects'])).toString('utf8').match(/^\w.* Object/gm) ?? [];
const without = (...mechanisms: number[]) =>
  real.info.mechanisms.filter((each) => !mechanisms.includes(each));

/** A finding of the whole probe, as SoftHSM 2.6.1 is known to be. */
const SOFTHSM2 = [
  ['aes-gcm', 'tested', ''],
  ['hmac-sha256', 'tested', ''],
  ['aes-cmac', 'tested', ''],
  ['aes-cbc', 'tested', ''],
  ['hmac-sha224', 'tested', ''],
  ['hmac-sha384', 'tested', ''],
  ['hmac-sha512', 'tested', ''],
  ['rsa-oaep-sha1', 'tested', ''],
  ['rsa-oaep-sha256', 'refused', 'C_DecryptInit: CKR_ARGUMENTS_BAD'],
  ['rsa-pss-sha256', 'tested', ''],
  ['rsa-pss-sha384', 'tested', ''],
  ['rsa-pss-sha512', 'tested', ''],
  ['rsa-pkcs1', 'tested', ''],
  ['rsa-raw', 'tested', ''],
  ['ecdsa-p256', 'tested', ''],
  ['ecdsa-p384', 'tested', ''],
  ['ecdsa-p521', 'tested', ''],
  ['ecdsa-secp256k1', 'tested', ''],
  ['ecdh-p256', 'tested', ''],
  ['ecdh-p384', 'tested', ''],
  ['ecdh-p521', 'tested', ''],
  ['ed25519', 'tested', ''],
  ['ed25519ph', 'wrong', 'it signs as plain Ed25519 instead'],
  ['ml-dsa', 'missing', "CKM_ML_DSA is not in the token's list"],
];

describe('a probe of the whole token', () => {
  it('finds what SoftHSM2 does, what it only says that it does, and the sizes of its RSA keys', () => {
    const findings = probeToken(place());
    expect(findings.map(({ feature, capability: said, why }) => [feature, said, why])).toEqual(SOFTHSM2);
    expect(findings.find(({ feature }) => feature === 'rsa-pkcs1')?.keyBits).toEqual({
      min: 512,
      max: 16384,
    });
  });

  it('leaves nothing on the token', async () => {
    await token.addAesKey({ label: 'foo' });
    probeToken(place());
    expect(await objects()).toEqual(['Secret Key Object']);
    await token.deleteKey({ label: 'foo' });
  });

  it('makes no key on a device that might keep it, and says so', () => {
    const made: string[] = [];
    const note = (name: string) => (): never => {
      made.push(name);
      throw new pkcs11js.Pkcs11Error('CKR_FUNCTION_FAILED:6');
    };
    altered.replace({ C_CreateObject: note('C_CreateObject'), C_GenerateKeyPair: note('C_GenerateKeyPair') });
    const findings = probeToken(place({ profile: { ...softhsm2, sessionKeys: false } }));
    expect(new Set(findings.map(({ capability: said }) => said))).toEqual(new Set(['listed', 'missing']));
    expect(findings[0]).toEqual({
      feature: 'aes-gcm',
      capability: 'listed',
      why: 'softhsm2 makes no throw-away keys to try it with',
    });
    expect(made).toEqual([]);
  });

  it('stops when the token is lost on the way', () => {
    altered.fail('C_SignInit', 'CKR_DEVICE_REMOVED:50', 1);
    expect(() => probeToken(place())).toThrow(/CKR_DEVICE_REMOVED to C_SignInit/);
    altered.fail('C_GenerateKeyPair', 'CKR_TOKEN_NOT_PRESENT:224', 1);
    expect(() => probeToken(place())).toThrow(/CKR_TOKEN_NOT_PRESENT to C_GenerateKeyPair/);
  });
});

describe('what a token lists', () => {
  it.for([
    { feature: 'aes-cmac', mechanism: 0x108a, name: 'CKM_AES_CMAC' },
    { feature: 'aes-cbc', mechanism: 0x1082, name: 'CKM_AES_CBC' },
    { feature: 'hmac-sha384', mechanism: 0x261, name: 'CKM_SHA384_HMAC' },
    { feature: 'rsa-raw', mechanism: 0x3, name: 'CKM_RSA_X_509' },
    { feature: 'ecdsa-p521', mechanism: 0x1041, name: 'CKM_ECDSA' },
    { feature: 'ecdh-p384', mechanism: 0x1050, name: 'CKM_ECDH1_DERIVE' },
    { feature: 'ed25519', mechanism: 0x1057, name: 'CKM_EDDSA' },
  ])('lacks $name, so $feature is missing', ({ feature, mechanism, name }) => {
    expect(capability(feature, { mechanisms: without(mechanism) })).toEqual([
      'missing',
      `${name} is not in the token's list`,
    ]);
  });

  it('may lack what its module does all the same, as the profile knows', () => {
    const profile = { ...softhsm2, unlistedMechanisms: [0x108a] };
    expect(capability('aes-cmac', { mechanisms: without(0x108a), profile })).toEqual(['tested', '']);
  });

  it('may hold what there is no trial of', () => {
    expect(capability('ml-dsa', { mechanisms: [0x1d] })).toEqual([
      'listed',
      'this program has no trial of it',
    ]);
  });

  it('says nothing of curves and hashes, but the profile may', () => {
    const profile = { ...softhsm2, curves: ['p256'], oaepHashes: ['sha256'] } as const;
    expect(capability('ecdsa-p256', { profile })).toEqual(['tested', '']);
    expect(capability('ecdsa-p384', { profile })).toEqual([
      'missing',
      'softhsm2 does not know the curve P-384',
    ]);
    expect(capability('ecdh-p521', { profile })).toEqual([
      'missing',
      'softhsm2 does not know the curve P-521',
    ]);
    expect(capability('rsa-oaep-sha1', { profile })).toEqual(['missing', 'softhsm2 has no OAEP with sha1']);
  });
});

describe('a wrong answer', () => {
  it.for([
    { feature: 'hmac-sha512', why: 'it signs to something else than the known answer' },
    { feature: 'aes-cmac', why: 'it signs to something else than the known answer' },
    { feature: 'rsa-pkcs1', why: 'its signature does not verify' },
    { feature: 'rsa-pss-sha384', why: 'its signature does not verify' },
    { feature: 'ecdsa-secp256k1', why: 'its signature does not verify' },
    { feature: 'ed25519', why: 'its signature does not verify' },
  ])('from C_Sign makes $feature wrong', ({ feature, why }) => {
    altered.replace({ C_Sign: ((_session: Buffer, _data: Buffer, out: Buffer) => out) as never });
    expect(capability(feature)).toEqual(['wrong', why]);
  });

  it.for([
    { feature: 'aes-cbc', why: 'it encrypts to something else than the known answer', name: 'C_Encrypt' },
    { feature: 'rsa-raw', why: 'it decrypts to something else', name: 'C_Decrypt' },
    { feature: 'rsa-oaep-sha1', why: 'it decrypts to something else', name: 'C_Decrypt' },
  ] as const)('from $name makes $feature wrong', ({ feature, why, name }) => {
    altered.replace({ [name]: ((_session: Buffer, _data: Buffer, out: Buffer) => out) as never });
    expect(capability(feature)).toEqual(['wrong', why]);
  });

  it('where a shared secret is read makes ECDH wrong', () => {
    answering(pkcs11js.CKA_VALUE, Buffer.alloc(32));
    expect(capability('ecdh-p256')).toEqual(['wrong', 'its shared secret is another one']);
  });

  it('that is no point of a curve is one, and the rest is tried', () => {
    answering(pkcs11js.CKA_EC_POINT, Buffer.from('040102', 'hex'));
    expect(found('ecdsa-p256')).toMatchObject({
      capability: 'wrong',
      why: expect.stringMatching(/^its answer is malformed \(ERR_/),
    });
    expect(capability('rsa-raw')).toEqual(['tested', '']);
  });

  it('to Ed25519ph cannot be told from a right one, unless it is plain Ed25519', () => {
    altered.replace({ C_Sign: ((_session: Buffer, _data: Buffer, out: Buffer) => out.fill(7)) as never });
    expect(capability('ed25519ph')).toEqual(['listed', 'it answers, and nothing here can verify Ed25519ph']);
  });
});

describe('trouble of the moment', () => {
  it('is met with another trial', () => {
    altered.fail('C_SignInit', 'CKR_DEVICE_ERROR:48', 1);
    expect(capability('hmac-sha256')).toEqual(['tested', '']);
  });

  it('that stays is what the token says of the mechanism', () => {
    altered.fail('C_SignInit', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    expect(capability('hmac-sha256')).toEqual(['refused', 'C_SignInit: CKR_GENERAL_ERROR']);
    expect(capability('rsa-pkcs1')).toEqual(['refused', 'C_SignInit: CKR_GENERAL_ERROR']);
  });

  it('keeps no host from starting whose keys may need none of it, but that of GCM does', () => {
    altered.fail('C_SignInit', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    expect(probeSchemes(place())).toEqual({
      gcm: { capability: 'tested', why: '' },
      hmac: { capability: 'listed', why: 'C_SignInit: CKR_GENERAL_ERROR' },
      cmac: { capability: 'listed', why: 'C_SignInit: CKR_GENERAL_ERROR' },
      cbc: { capability: 'tested', why: '' },
    });
    altered.heal();
    altered.fail('C_EncryptInit', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    expect(() => probeSchemes(place())).toThrow(/CKR_GENERAL_ERROR/);
  });
});

describe('throw-away keys', () => {
  it('that the token refuses leave the list for what it is', () => {
    altered.fail('C_GenerateKeyPair', 'CKR_TEMPLATE_INCONSISTENT:209', Number.POSITIVE_INFINITY);
    altered.fail('C_CreateObject', 'CKR_ATTRIBUTE_VALUE_INVALID:19', Number.POSITIVE_INFINITY);
    const why = 'no session key to try it with (C_GenerateKeyPair: CKR_TEMPLATE_INCONSISTENT)';
    expect(capability('rsa-raw')).toEqual(['listed', why]);
    expect(capability('ecdh-p521')).toEqual(['listed', why]);
    expect(capability('ed25519')).toEqual(['listed', why]);
    expect(capability('aes-gcm')).toEqual([
      'listed',
      'no session key to try it with (C_CreateObject: CKR_ATTRIBUTE_VALUE_INVALID)',
    ]);
  });

  it.for(['CKR_DOMAIN_PARAMS_INVALID:304', 'CKR_CURVE_NOT_SUPPORTED:320'])(
    'that the token refuses for their curve have been tried: %s',
    (ckr) => {
      altered.fail('C_GenerateKeyPair', ckr, Number.POSITIVE_INFINITY);
      expect(capability('ecdsa-secp256k1')).toEqual(['refused', `C_GenerateKeyPair: ${ckr.split(':')[0]}`]);
      expect(capability('ed25519')).toEqual(['refused', `C_GenerateKeyPair: ${ckr.split(':')[0]}`]);
    },
  );

  it('of Ed25519 are asked for by name where the token knows no object identifier', () => {
    const { C_GenerateKeyPair: generate } = altered.library;
    altered.replace({
      C_GenerateKeyPair: ((...args: Parameters<typeof generate>) => {
        const [, , publicTemplate] = args;
        const parameters = publicTemplate.find(({ type }) => type === pkcs11js.CKA_EC_PARAMS)?.value;
        if (Buffer.from(parameters as Buffer).toString('hex') !== '06032b6570') return generate(...args);
        throw new pkcs11js.Pkcs11Error('CKR_ATTRIBUTE_VALUE_INVALID:19');
      }) as never,
    });
    expect(capability('ed25519')).toEqual(['tested', '']);
  });

  it.for([
    { what: 'says that they stay', value: Buffer.of(1) },
    { what: 'does not say whether they stay', value: Buffer.alloc(0) },
    { what: 'refuses to say whether they stay', value: undefined },
  ])('are destroyed at once, and not used, where the token $what', ({ value }) => {
    const destroyed: Buffer[] = [];
    const { C_DestroyObject: destroy } = altered.library;
    answering(pkcs11js.CKA_TOKEN, value, {
      C_DestroyObject: (session, handle) => {
        destroyed.push(handle);
        destroy(session, handle);
      },
    });
    expect(capability('aes-cmac')).toEqual([
      'listed',
      'the token makes lasting objects of session keys, and this one was destroyed at once',
    ]);
    expect(destroyed.length).toBeGreaterThan(0);
  });

  it('that lasted and cannot be destroyed are for the operator to remove', () => {
    const refuse = (): never => {
      throw new pkcs11js.Pkcs11Error('CKR_SESSION_READ_ONLY:181');
    };
    answering(pkcs11js.CKA_TOKEN, Buffer.of(1), { C_DestroyObject: refuse });
    expect(() => probeToken(place())).toThrow(
      /remove what is labelled "portcullis trial", and set sessionKeys: false/,
    );
  });

  it('need no word on sizes', () => {
    altered.fail('C_GetMechanismInfo', 'CKR_MECHANISM_INVALID:112', Number.POSITIVE_INFINITY);
    expect(found('rsa-raw')).toEqual({ feature: 'rsa-raw', capability: 'tested', why: '' });
    altered.replace({ C_GetMechanismInfo: (() => ({ minKeySize: 0, maxKeySize: 0, flags: 0 })) as never });
    expect(found('rsa-raw')).toEqual({ feature: 'rsa-raw', capability: 'tested', why: '' });
  });
});

/** The token answers this to a question for one attribute, or refuses it. */
function answering(asked: number, value: Buffer | undefined, others: Partial<pkcs11js.PKCS11> = {}): void {
  const { C_GetAttributeValue: read } = altered.library;
  altered.replace({
    ...others,
    C_GetAttributeValue: ((...args: Parameters<typeof read>) => {
      const [, , template] = args;
      if (template[0]?.type !== asked) return read(...args);
      if (value === undefined) throw new pkcs11js.Pkcs11Error('CKR_ATTRIBUTE_TYPE_INVALID:18');
      return [{ type: asked, value }];
    }) as never,
  });
}
