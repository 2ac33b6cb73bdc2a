/** The key specs of AWS KMS and their algorithms, with what each needs of a token and what serves instead. */
import type { Feature } from './features.ts';

/** `derived`: encryption under keys that the token derives; `raw-rsa`: padding in process; `sealed`: a seed in process. */
export type Way = 'derived' | 'raw-rsa' | 'sealed';

interface AlgorithmRow {
  readonly algorithm: string;
  /** Absent where PKCS#11 has nothing for it. */
  readonly feature?: Feature;
  /** Ways round, the best first. */
  readonly roundabout: readonly Way[];
}

export interface KeySpecRow {
  readonly keySpec: string;
  /** Where the size makes the key spec. */
  readonly bits?: number;
  readonly algorithms: readonly AlgorithmRow[];
}

/** For what the padding is taken off by the token host. */
const RAW_RSA: readonly Way[] = ['raw-rsa'];
const RSA: readonly AlgorithmRow[] = [
  { algorithm: 'RSAES_OAEP_SHA_1', feature: 'rsa-oaep-sha1', roundabout: RAW_RSA },
  { algorithm: 'RSAES_OAEP_SHA_256', feature: 'rsa-oaep-sha256', roundabout: RAW_RSA },
  { algorithm: 'RSASSA_PSS_SHA_256', feature: 'rsa-pss-sha256', roundabout: [] },
  { algorithm: 'RSASSA_PSS_SHA_384', feature: 'rsa-pss-sha384', roundabout: [] },
  { algorithm: 'RSASSA_PSS_SHA_512', feature: 'rsa-pss-sha512', roundabout: [] },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', feature: 'rsa-pkcs1', roundabout: [] },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', feature: 'rsa-pkcs1', roundabout: [] },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', feature: 'rsa-pkcs1', roundabout: [] },
];

/** For what the token host does from a seed. */
const SEALED: readonly Way[] = ['sealed'];
const ML_KEM: readonly AlgorithmRow[] = [{ algorithm: 'ML_KEM', roundabout: SEALED }];
const ML_DSA: readonly AlgorithmRow[] = [
  { algorithm: 'ML_DSA_SHAKE_256', feature: 'ml-dsa', roundabout: SEALED },
];

export const KMS_KEY_SPECS: readonly KeySpecRow[] = [
  {
    keySpec: 'SYMMETRIC_DEFAULT',
    algorithms: [{ algorithm: 'SYMMETRIC_DEFAULT', feature: 'aes-gcm', roundabout: ['derived'] }],
  },
  { keySpec: 'RSA_2048', bits: 2048, algorithms: RSA },
  { keySpec: 'RSA_3072', bits: 3072, algorithms: RSA },
  { keySpec: 'RSA_4096', bits: 4096, algorithms: RSA },
  {
    keySpec: 'ECC_NIST_P256',
    algorithms: [
      { algorithm: 'ECDSA_SHA_256', feature: 'ecdsa-p256', roundabout: [] },
      { algorithm: 'ECDH', feature: 'ecdh-p256', roundabout: [] },
    ],
  },
  {
    keySpec: 'ECC_NIST_P384',
    algorithms: [
      { algorithm: 'ECDSA_SHA_384', feature: 'ecdsa-p384', roundabout: [] },
      { algorithm: 'ECDH', feature: 'ecdh-p384', roundabout: [] },
    ],
  },
  {
    keySpec: 'ECC_NIST_P521',
    algorithms: [
      { algorithm: 'ECDSA_SHA_512', feature: 'ecdsa-p521', roundabout: [] },
      { algorithm: 'ECDH', feature: 'ecdh-p521', roundabout: [] },
    ],
  },
  {
    keySpec: 'ECC_SECG_P256K1',
    algorithms: [{ algorithm: 'ECDSA_SHA_256', feature: 'ecdsa-secp256k1', roundabout: [] }],
  },
  {
    keySpec: 'ECC_NIST_EDWARDS25519',
    algorithms: [
      { algorithm: 'ED25519_SHA_512', feature: 'ed25519', roundabout: SEALED },
      { algorithm: 'ED25519_PH_SHA_512', feature: 'ed25519ph', roundabout: SEALED },
    ],
  },
  {
    keySpec: 'HMAC_224',
    algorithms: [{ algorithm: 'HMAC_SHA_224', feature: 'hmac-sha224', roundabout: [] }],
  },
  {
    keySpec: 'HMAC_256',
    algorithms: [{ algorithm: 'HMAC_SHA_256', feature: 'hmac-sha256', roundabout: [] }],
  },
  {
    keySpec: 'HMAC_384',
    algorithms: [{ algorithm: 'HMAC_SHA_384', feature: 'hmac-sha384', roundabout: [] }],
  },
  {
    keySpec: 'HMAC_512',
    algorithms: [{ algorithm: 'HMAC_SHA_512', feature: 'hmac-sha512', roundabout: [] }],
  },
  { keySpec: 'ML_DSA_44', algorithms: ML_DSA },
  { keySpec: 'ML_DSA_65', algorithms: ML_DSA },
  { keySpec: 'ML_DSA_87', algorithms: ML_DSA },
  { keySpec: 'ML_KEM_512', algorithms: ML_KEM },
  { keySpec: 'ML_KEM_768', algorithms: ML_KEM },
  { keySpec: 'ML_KEM_1024', algorithms: ML_KEM },
  // AWS KMS has it in the Chinese Regions alone.
  {
    keySpec: 'SM2',
    algorithms: [
      { algorithm: 'SM2DSA', roundabout: [] },
      { algorithm: 'SM2PKE', roundabout: [] },
    ],
  },
];
