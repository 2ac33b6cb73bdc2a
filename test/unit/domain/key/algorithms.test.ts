import { describe, expect, it } from 'vitest';
import {
  ALGORITHMS,
  type AlgorithmRow,
  algorithmsOf,
  findAlgorithm,
} from '../../../../src/domain/key/algorithms.ts';

const TOKEN_FAST = { place: 'token', lane: 'fast' } as const;
const TOKEN_SLOW = { place: 'token', lane: 'slow' } as const;
const HOST_SLOW = { place: 'host', lane: 'slow' } as const;

/** Modulus, and the most that OAEP encrypts by SHA-1 and SHA-256: AWS KMS developer guide, Encrypt. */
const RSA = [
  { spec: 'RSA_2048', modulusBytes: 256, sha1: 214, sha256: 190 },
  { spec: 'RSA_3072', modulusBytes: 384, sha1: 342, sha256: 318 },
  { spec: 'RSA_4096', modulusBytes: 512, sha1: 470, sha256: 446 },
] as const;

const RSA_SIGNATURES = [
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', kind: 'rsa-pkcs1', hash: 'sha256', digestBytes: 32 },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', kind: 'rsa-pkcs1', hash: 'sha384', digestBytes: 48 },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', kind: 'rsa-pkcs1', hash: 'sha512', digestBytes: 64 },
  { algorithm: 'RSASSA_PSS_SHA_256', kind: 'rsa-pss', hash: 'sha256', digestBytes: 32 },
  { algorithm: 'RSASSA_PSS_SHA_384', kind: 'rsa-pss', hash: 'sha384', digestBytes: 48 },
  { algorithm: 'RSASSA_PSS_SHA_512', kind: 'rsa-pss', hash: 'sha512', digestBytes: 64 },
] as const;

const SIGN = { usage: 'SIGN_VERIFY' } as const;
const AGREE = { usage: 'KEY_AGREEMENT', algorithm: 'ECDH', kind: 'ecdh', ...TOKEN_SLOW } as const;
const KEM = { usage: 'ENCAPSULATE_DECAPSULATE', algorithm: 'ML_KEM', kind: 'ml-kem', ...HOST_SLOW } as const;
const MAC = { usage: 'GENERATE_VERIFY_MAC', kind: 'hmac', ...TOKEN_FAST } as const;
const ML_DSA = {
  ...SIGN,
  algorithm: 'ML_DSA_SHAKE_256',
  kind: 'ml-dsa',
  digestBytes: 64,
  ...HOST_SLOW,
} as const;

const OTHERS: readonly AlgorithmRow[] = [
  {
    ...{ spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithm: 'SYMMETRIC_DEFAULT' },
    ...{ kind: 'symmetric', maxPlaintextBytes: 4096, ...TOKEN_FAST },
  },
  {
    ...{ spec: 'ECC_NIST_P256', ...SIGN, algorithm: 'ECDSA_SHA_256', kind: 'ecdsa', hash: 'sha256' },
    ...{ digestBytes: 32, curve: 'P-256', fieldBytes: 32, ...TOKEN_FAST },
  },
  {
    ...{ spec: 'ECC_NIST_P384', ...SIGN, algorithm: 'ECDSA_SHA_384', kind: 'ecdsa', hash: 'sha384' },
    ...{ digestBytes: 48, curve: 'P-384', fieldBytes: 48, ...TOKEN_SLOW },
  },
  {
    ...{ spec: 'ECC_NIST_P521', ...SIGN, algorithm: 'ECDSA_SHA_512', kind: 'ecdsa', hash: 'sha512' },
    ...{ digestBytes: 64, curve: 'P-521', fieldBytes: 66, ...TOKEN_SLOW },
  },
  {
    ...{ spec: 'ECC_SECG_P256K1', ...SIGN, algorithm: 'ECDSA_SHA_256', kind: 'ecdsa', hash: 'sha256' },
    ...{ digestBytes: 32, curve: 'secp256k1', fieldBytes: 32, ...TOKEN_SLOW },
  },
  { spec: 'ECC_NIST_P256', ...AGREE, curve: 'P-256', fieldBytes: 32 },
  { spec: 'ECC_NIST_P384', ...AGREE, curve: 'P-384', fieldBytes: 48 },
  { spec: 'ECC_NIST_P521', ...AGREE, curve: 'P-521', fieldBytes: 66 },
  {
    ...{ spec: 'ECC_NIST_EDWARDS25519', ...SIGN, algorithm: 'ED25519_SHA_512', kind: 'ed25519' },
    ...{ digestBytes: 64, ...HOST_SLOW },
  },
  {
    ...{ spec: 'ECC_NIST_EDWARDS25519', ...SIGN, algorithm: 'ED25519_PH_SHA_512', kind: 'ed25519ph' },
    ...{ digestBytes: 64, ...HOST_SLOW },
  },
  { spec: 'ML_DSA_44', ...ML_DSA, signatureBytes: 2420, publicKeyBytes: 1312 },
  { spec: 'ML_DSA_65', ...ML_DSA, signatureBytes: 3309, publicKeyBytes: 1952 },
  { spec: 'ML_DSA_87', ...ML_DSA, signatureBytes: 4627, publicKeyBytes: 2592 },
  { spec: 'ML_KEM_512', ...KEM, ciphertextBytes: 768, publicKeyBytes: 800 },
  { spec: 'ML_KEM_768', ...KEM, ciphertextBytes: 1088, publicKeyBytes: 1184 },
  { spec: 'ML_KEM_1024', ...KEM, ciphertextBytes: 1568, publicKeyBytes: 1568 },
  { spec: 'HMAC_224', algorithm: 'HMAC_SHA_224', ...MAC, hash: 'sha224', macBytes: 28 },
  { spec: 'HMAC_256', algorithm: 'HMAC_SHA_256', ...MAC, hash: 'sha256', macBytes: 32 },
  { spec: 'HMAC_384', algorithm: 'HMAC_SHA_384', ...MAC, hash: 'sha384', macBytes: 48 },
  { spec: 'HMAC_512', algorithm: 'HMAC_SHA_512', ...MAC, hash: 'sha512', macBytes: 64 },
];

describe('the algorithms', () => {
  it('are 44 rows', () => {
    expect(ALGORITHMS).toHaveLength(44);
    expect(RSA.length * (2 + RSA_SIGNATURES.length) + OTHERS.length).toBe(44);
  });

  it.for(OTHERS)('of $spec for $usage: $algorithm', (expected) => {
    expect(findAlgorithm(expected, expected.algorithm)).toStrictEqual(expected);
  });

  it.for(RSA)('of $spec for encryption', ({ spec, modulusBytes, sha1, sha256 }) => {
    const common = { kind: 'rsa-oaep', spec, usage: 'ENCRYPT_DECRYPT', ...TOKEN_SLOW, modulusBytes } as const;
    expect(algorithmsOf({ spec, usage: 'ENCRYPT_DECRYPT' })).toStrictEqual([
      { ...common, algorithm: 'RSAES_OAEP_SHA_1', hash: 'sha1', maxPlaintextBytes: sha1 },
      { ...common, algorithm: 'RSAES_OAEP_SHA_256', hash: 'sha256', maxPlaintextBytes: sha256 },
    ]);
  });

  it.for(RSA)('of $spec for signatures', ({ spec, modulusBytes }) => {
    const common = { spec, ...SIGN, ...TOKEN_SLOW, modulusBytes } as const;
    expect(algorithmsOf({ spec, usage: 'SIGN_VERIFY' })).toStrictEqual(
      RSA_SIGNATURES.map((row) => ({ ...common, ...row })),
    );
  });

  it.for([
    { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_384' },
    { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' },
    { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDH' },
    { spec: 'ECC_SECG_P256K1', usage: 'KEY_AGREEMENT', algorithm: 'ECDH' },
    { spec: 'RSA_2048', usage: 'SIGN_VERIFY', algorithm: 'RSAES_OAEP_SHA_256' },
    { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_PKCS1_V1_5' },
    { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', algorithm: 'HMAC_SHA_512' },
    { spec: 'SM2', usage: 'SIGN_VERIFY', algorithm: 'SM2DSA' },
  ] as const)('of $spec for $usage are not $algorithm', (row) => {
    expect(findAlgorithm(row, row.algorithm)).toBeUndefined();
  });

  it('of a key that cannot be are a mistake', () => {
    expect(() => algorithmsOf({ spec: 'HMAC_256', usage: 'SIGN_VERIFY' })).toThrow(
      expect.objectContaining({ name: 'Bug' }),
    );
  });
});
