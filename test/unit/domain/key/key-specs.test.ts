import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import { findKeyKind, KEY_KINDS, keyKindOf, keyTypeOf } from '../../../../src/domain/key/key-specs.ts';
import type { KeySpec } from '../../../../src/domain/kms/api/enums.ts';

const RSA_SIGNATURES = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
];
const RSA_ENCRYPTIONS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];

/** Typed from the developer guide's "Key spec reference"; China's SM2 is left out. */
const EXPECTED = [
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithms: ['SYMMETRIC_DEFAULT'] },
  { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithms: RSA_ENCRYPTIONS },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', algorithms: RSA_SIGNATURES },
  { spec: 'RSA_3072', usage: 'ENCRYPT_DECRYPT', algorithms: RSA_ENCRYPTIONS },
  { spec: 'RSA_3072', usage: 'SIGN_VERIFY', algorithms: RSA_SIGNATURES },
  { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', algorithms: RSA_ENCRYPTIONS },
  { spec: 'RSA_4096', usage: 'SIGN_VERIFY', algorithms: RSA_SIGNATURES },
  { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_256'] },
  { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', algorithms: ['ECDH'] },
  { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_384'] },
  { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', algorithms: ['ECDH'] },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_512'] },
  { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT', algorithms: ['ECDH'] },
  { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY', algorithms: ['ECDSA_SHA_256'] },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    usage: 'SIGN_VERIFY',
    algorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
  },
  { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', algorithms: ['ML_DSA_SHAKE_256'] },
  { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', algorithms: ['ML_DSA_SHAKE_256'] },
  { spec: 'ML_DSA_87', usage: 'SIGN_VERIFY', algorithms: ['ML_DSA_SHAKE_256'] },
  { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE', algorithms: ['ML_KEM'] },
  { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE', algorithms: ['ML_KEM'] },
  { spec: 'ML_KEM_1024', usage: 'ENCAPSULATE_DECAPSULATE', algorithms: ['ML_KEM'] },
  { spec: 'HMAC_224', usage: 'GENERATE_VERIFY_MAC', algorithms: ['HMAC_SHA_224'] },
  { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', algorithms: ['HMAC_SHA_256'] },
  { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC', algorithms: ['HMAC_SHA_384'] },
  { spec: 'HMAC_512', usage: 'GENERATE_VERIFY_MAC', algorithms: ['HMAC_SHA_512'] },
] as const;

/** What the API's older member knows, by the SDK's CustomerMasterKeySpec. */
const OLDER_NAMES = [
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'SYMMETRIC_DEFAULT',
];

describe('kinds of keys', () => {
  it('are those of the key spec reference and no others', () => {
    const pairs = (rows: readonly { spec: string; usage: string }[]) =>
      rows.map(({ spec, usage }) => `${spec} ${usage}`).toSorted();
    expect(pairs(KEY_KINDS)).toEqual(pairs(EXPECTED));
  });

  test.for(EXPECTED)('$spec for $usage has $algorithms', ({ spec, usage, algorithms }) => {
    expect(keyKindOf({ spec, usage }).algorithms.toSorted()).toEqual([...algorithms].toSorted());
  });

  it('have their older name where the older member knows the spec', () => {
    const named = KEY_KINDS.flatMap(({ spec, olderName }) => (olderName === spec ? [spec] : []));
    expect([...new Set(named)].toSorted()).toEqual(OLDER_NAMES);
    const nameless = KEY_KINDS.filter(({ olderName }) => olderName === undefined);
    expect(nameless.map(({ spec }) => spec)).toEqual([
      'ECC_NIST_EDWARDS25519',
      'ML_DSA_44',
      'ML_DSA_65',
      'ML_DSA_87',
      'ML_KEM_512',
      'ML_KEM_768',
      'ML_KEM_1024',
    ]);
  });

  it('are undefined for a spec with a usage it cannot have', () => {
    expect(findKeyKind('RSA_2048', 'KEY_AGREEMENT')).toBeUndefined();
    expect(() => keyKindOf({ spec: 'RSA_2048', usage: 'KEY_AGREEMENT' })).toThrow(Bug);
  });

  test.for<{ spec: KeySpec; type: string }>([
    { spec: 'SYMMETRIC_DEFAULT', type: 'symmetric' },
    { spec: 'HMAC_224', type: 'HMAC' },
    { spec: 'RSA_2048', type: 'asymmetric' },
    { spec: 'ECC_NIST_EDWARDS25519', type: 'asymmetric' },
    { spec: 'ML_KEM_768', type: 'asymmetric' },
  ])('$spec is $type', ({ spec, type }) => {
    expect(keyTypeOf(spec)).toBe(type);
  });
});
