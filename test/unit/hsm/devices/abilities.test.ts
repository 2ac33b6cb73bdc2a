import { describe, expect, it } from 'vitest';
import { kmsAbilities, xksAbilities } from '../../../../src/hsm/devices/abilities.ts';
import { type Capability, FEATURES, type FeatureFinding } from '../../../../src/hsm/devices/features.ts';
import { generic } from '../../../../src/hsm/devices/generic.ts';

/** A token that was tried in everything, but for what is said here. */
function findings(
  changes: Partial<Record<string, Capability>> = {},
  keyBits = { min: 1024, max: 4096 },
): FeatureFinding[] {
  return FEATURES.map((feature) => {
    const capability = changes[feature] ?? 'tested';
    const why = capability === 'tested' ? '' : `${feature} is ${capability}`;
    return { feature, capability, why, ...(feature.startsWith('rsa-') && { keyBits }) };
  });
}

const only = (...able: string[]) =>
  findings(
    Object.fromEntries(FEATURES.filter((each) => !able.includes(each)).map((each) => [each, 'missing'])),
  );
const xks = (found: FeatureFinding[], profile = generic) =>
  xksAbilities(found, profile).map(({ scheme, verdict, wayRound }) => [scheme, verdict, wayRound]);
const kms = (found: FeatureFinding[], keySpec: string, algorithm = '') =>
  kmsAbilities(found, generic)
    .filter((each) => each.keySpec === keySpec && each.algorithm.startsWith(algorithm))
    .map(({ verdict, why, wayRound }) => [verdict, why, wayRound]);

const BY_HMAC = 'keys of scheme hmac, from which the token derives one for each message';
const BY_CMAC = 'keys of scheme cmac, from which the token derives one for each message';
const RAW = 'raw RSA in the token (CKM_RSA_X_509), padding in this process';
const SEALED = 'a seed that the token seals, at work in the memory of its host: lower assurance';

describe('what a token can do for external key stores', () => {
  it('is told by scheme, the best first', () => {
    expect(xks(findings())).toEqual([
      ['native-gcm', 'can', ''],
      ['hmac', 'can', ''],
      ['cmac', 'can', ''],
      ['cbc-mac', 'can', ''],
    ]);
  });

  it('goes round AES-GCM by the best scheme that was tried, else by one that is listed', () => {
    expect(xks(findings({ 'aes-gcm': 'wrong' }))[0]).toEqual(['native-gcm', 'cannot', BY_HMAC]);
    expect(xks(findings({ 'aes-gcm': 'missing', 'hmac-sha256': 'listed' }))[0]?.[2]).toBe(BY_CMAC);
    const listed = {
      'aes-gcm': 'missing',
      'hmac-sha256': 'listed',
      'aes-cmac': 'missing',
      'aes-cbc': 'missing',
    } as const;
    expect(xks(findings(listed))).toEqual([
      ['native-gcm', 'cannot', BY_HMAC],
      ['hmac', 'listed', ''],
      ['cmac', 'cannot', BY_HMAC],
      ['cbc-mac', 'cannot', BY_HMAC],
    ]);
  });

  it('is nothing where no scheme works, and no way leads round that', () => {
    expect(xks(only())[0]).toEqual(['native-gcm', 'cannot', '']);
  });

  it('is not AES-GCM where one call cannot hold what AWS KMS may send', () => {
    const [gcm] = xksAbilities(findings(), { ...generic, maxDataBytes: 992 });
    expect(gcm).toEqual({
      scheme: 'native-gcm',
      verdict: 'cannot',
      why: 'one call takes 992 bytes, and one of AWS KMS may need 12531',
      wayRound: BY_HMAC,
    });
    expect(xks(findings(), { ...generic, maxDataBytes: 12_531 })[0]).toEqual(['native-gcm', 'can', '']);
    expect(xks(findings({ 'aes-gcm': 'missing' }), { ...generic, maxDataBytes: 992 })[0]?.[1]).toBe('cannot');
  });
});

describe('what a token can do for the keys of a KMS', () => {
  it('is told for every key spec and algorithm of AWS KMS', () => {
    const told = kmsAbilities(findings(), generic).map(({ keySpec, algorithm }) => `${keySpec} ${algorithm}`);
    const rsa = [
      'RSAES_OAEP_SHA_1',
      'RSAES_OAEP_SHA_256',
      'RSASSA_PSS_SHA_256',
      'RSASSA_PSS_SHA_384',
      'RSASSA_PSS_SHA_512',
      'RSASSA_PKCS1_V1_5_SHA_256',
      'RSASSA_PKCS1_V1_5_SHA_384',
      'RSASSA_PKCS1_V1_5_SHA_512',
    ];
    expect(told).toEqual([
      'SYMMETRIC_DEFAULT SYMMETRIC_DEFAULT',
      ...['RSA_2048', 'RSA_3072', 'RSA_4096'].flatMap((spec) =>
        rsa.map((algorithm) => `${spec} ${algorithm}`),
      ),
      'ECC_NIST_P256 ECDSA_SHA_256',
      'ECC_NIST_P256 ECDH',
      'ECC_NIST_P384 ECDSA_SHA_384',
      'ECC_NIST_P384 ECDH',
      'ECC_NIST_P521 ECDSA_SHA_512',
      'ECC_NIST_P521 ECDH',
      'ECC_SECG_P256K1 ECDSA_SHA_256',
      'ECC_NIST_EDWARDS25519 ED25519_SHA_512',
      'ECC_NIST_EDWARDS25519 ED25519_PH_SHA_512',
      'HMAC_224 HMAC_SHA_224',
      'HMAC_256 HMAC_SHA_256',
      'HMAC_384 HMAC_SHA_384',
      'HMAC_512 HMAC_SHA_512',
      'ML_DSA_44 ML_DSA_SHAKE_256',
      'ML_DSA_65 ML_DSA_SHAKE_256',
      'ML_DSA_87 ML_DSA_SHAKE_256',
      'ML_KEM_512 ML_KEM',
      'ML_KEM_768 ML_KEM',
      'ML_KEM_1024 ML_KEM',
      'SM2 SM2DSA',
      'SM2 SM2PKE',
    ]);
  });

  it.for([
    { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_1', ability: ['can', 'tried with 2048 bits', ''] },
    { keySpec: 'RSA_4096', algorithm: 'RSASSA_PSS', ability: ['can', 'tried with 2048 bits', ''] },
    { keySpec: 'HMAC_384', algorithm: '', ability: ['can', 'tried', ''] },
    { keySpec: 'SM2', algorithm: 'SM2DSA', ability: ['cannot', 'no mechanism for it is looked for', ''] },
  ])('$keySpec $algorithm: $ability', ({ keySpec, algorithm, ability }) => {
    expect(kms(findings(), keySpec, algorithm)[0]).toEqual(ability);
  });

  it('ends with the sizes of RSA keys that it makes', () => {
    expect(kms(findings({}, { min: 2048, max: 3072 }), 'RSA_3072', 'RSAES_OAEP_SHA_1')[0]?.[0]).toBe('can');
    expect(kms(findings({}, { min: 2048, max: 3072 }), 'RSA_4096', 'RSAES_OAEP_SHA_1')[0]).toEqual([
      'cannot',
      'the token makes keys of 2048 to 3072 bits',
      RAW,
    ]);
    expect(kms(findings({}, { min: 3072, max: 4096 }), 'RSA_2048', 'RSAES_OAEP_SHA_1')[0]?.[0]).toBe(
      'cannot',
    );
  });

  it('is listed where nothing could be tried', () => {
    expect(kms(findings({ 'ecdsa-p256': 'listed' }), 'ECC_NIST_P256', 'ECDSA')).toEqual([
      ['listed', 'ecdsa-p256 is listed', ''],
    ]);
  });

  it('goes round a padding that the token lacks by raw RSA, else by nothing', () => {
    const oaep = (found: FeatureFinding[]) => kms(found, 'RSA_2048', 'RSAES_OAEP_SHA_256')[0];
    expect(oaep(findings({ 'rsa-oaep-sha256': 'wrong' }))).toEqual([
      'cannot',
      'rsa-oaep-sha256 is wrong',
      RAW,
    ]);
    const withoutRaw = { 'rsa-oaep-sha256': 'missing', 'rsa-raw': 'missing' } as const;
    expect(oaep(findings(withoutRaw))?.[2]).toBe('');
  });

  it.for(['ECC_SECG_P256K1', 'HMAC_224'])(
    'goes round nothing else that has to be in the token: %s',
    (spec) => {
      expect(kms(only('hmac-sha256'), spec).map(([verdict, , wayRound]) => [verdict, wayRound])).toEqual([
        ['cannot', ''],
      ]);
    },
  );

  it('goes round AES-GCM by derived keys, and round what no token has by sealed seeds', () => {
    expect(kms(only('hmac-sha256'), 'SYMMETRIC_DEFAULT')).toEqual([
      ['cannot', 'aes-gcm is missing', BY_HMAC],
    ]);
    expect(kms(only('hmac-sha256'), 'ML_DSA_65')).toEqual([['cannot', 'ml-dsa is missing', SEALED]]);
    expect(kms(only('hmac-sha256'), 'ML_KEM_768')).toEqual([
      ['cannot', 'no mechanism for it is looked for', SEALED],
    ]);
    expect(kms(only(), 'ML_KEM_768')[0]?.[2]).toBe('');
  });
});
