/**
 * Which keys there are: every key spec with each usage it may have and the algorithms that come with it. One row is
 * one kind of key; what works with keys takes its row and never asks for names. (SM2 exists in China alone.)
 */
import { Bug } from '../bug.ts';
import type {
  CustomerMasterKeySpec,
  EncapsulationAlgorithmSpec,
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from '../kms/api/enums.ts';

export type KeyFamily = 'symmetric' | 'rsa' | 'ec' | 'edwards' | 'ml-dsa' | 'ml-kem' | 'hmac';

/** What UpdateAlias compares: an alias stays with one of these. */
export type KeyType = 'symmetric' | 'asymmetric' | 'HMAC';

/** Algorithms by usage: a key has those of its usage and no others. */
export interface AlgorithmsByUsage {
  readonly ENCRYPT_DECRYPT: EncryptionAlgorithmSpec;
  readonly SIGN_VERIFY: SigningAlgorithmSpec;
  readonly GENERATE_VERIFY_MAC: MacAlgorithmSpec;
  readonly KEY_AGREEMENT: KeyAgreementAlgorithmSpec;
  readonly ENCAPSULATE_DECAPSULATE: EncapsulationAlgorithmSpec;
}

interface KeyKindOf<U extends KeyUsageType> {
  readonly spec: KeySpec;
  readonly usage: U;
  readonly family: KeyFamily;
  readonly algorithms: readonly AlgorithmsByUsage[U][];
  /** The name under which the API's older member knows the spec; the newest specs have none. */
  readonly olderName?: CustomerMasterKeySpec;
}

export type KeyKind = { readonly [U in KeyUsageType]: KeyKindOf<U> }[KeyUsageType];

/** The kind of key with this spec and usage; undefined when no key can have both. */
export function findKeyKind(spec: KeySpec, usage: KeyUsageType): KeyKind | undefined {
  return KEY_KINDS.find((kind) => kind.spec === spec && kind.usage === usage);
}

/** The kind of a key that exists. */
export function keyKindOf({
  spec,
  usage,
}: {
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
}): KeyKind {
  const kind = findKeyKind(spec, usage);
  if (kind === undefined)
    throw new Bug(`there is a key of spec ${spec} and usage ${usage}, which no key can be`);
  return kind;
}

/** Whether keys of this spec belong to a family whose material is one secret of AES, a private key, or a MAC key. */
export function keyTypeOf(spec: KeySpec): KeyType {
  if (spec === 'SYMMETRIC_DEFAULT') return 'symmetric';
  return spec.startsWith('HMAC_') ? 'HMAC' : 'asymmetric';
}

const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;
const RSA_SIGNATURE = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const;

/** Every key there can be; a spec's rows stand together. */
export const KEY_KINDS: readonly KeyKind[] = [
  {
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    family: 'symmetric',
    algorithms: ['SYMMETRIC_DEFAULT'],
    olderName: 'SYMMETRIC_DEFAULT',
  },
  ...rsa('RSA_2048'),
  ...rsa('RSA_3072'),
  ...rsa('RSA_4096'),
  ...ec('ECC_NIST_P256', 'ECDSA_SHA_256'),
  ...ec('ECC_NIST_P384', 'ECDSA_SHA_384'),
  ...ec('ECC_NIST_P521', 'ECDSA_SHA_512'),
  {
    spec: 'ECC_SECG_P256K1',
    usage: 'SIGN_VERIFY',
    family: 'ec',
    algorithms: ['ECDSA_SHA_256'],
    olderName: 'ECC_SECG_P256K1',
  },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    usage: 'SIGN_VERIFY',
    family: 'edwards',
    algorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
  },
  mlDsa('ML_DSA_44'),
  mlDsa('ML_DSA_65'),
  mlDsa('ML_DSA_87'),
  mlKem('ML_KEM_512'),
  mlKem('ML_KEM_768'),
  mlKem('ML_KEM_1024'),
  hmac('HMAC_224', 'HMAC_SHA_224'),
  hmac('HMAC_256', 'HMAC_SHA_256'),
  hmac('HMAC_384', 'HMAC_SHA_384'),
  hmac('HMAC_512', 'HMAC_SHA_512'),
];

function rsa(spec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096'): KeyKind[] {
  return [
    { spec, usage: 'ENCRYPT_DECRYPT', family: 'rsa', algorithms: RSA_ENCRYPTION, olderName: spec },
    { spec, usage: 'SIGN_VERIFY', family: 'rsa', algorithms: RSA_SIGNATURE, olderName: spec },
  ];
}

function ec(
  spec: 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521',
  signature: SigningAlgorithmSpec,
): KeyKind[] {
  return [
    { spec, usage: 'SIGN_VERIFY', family: 'ec', algorithms: [signature], olderName: spec },
    { spec, usage: 'KEY_AGREEMENT', family: 'ec', algorithms: ['ECDH'], olderName: spec },
  ];
}

function mlDsa(spec: KeySpec): KeyKind {
  return { spec, usage: 'SIGN_VERIFY', family: 'ml-dsa', algorithms: ['ML_DSA_SHAKE_256'] };
}

function mlKem(spec: KeySpec): KeyKind {
  return { spec, usage: 'ENCAPSULATE_DECAPSULATE', family: 'ml-kem', algorithms: ['ML_KEM'] };
}

function hmac(spec: 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512', mac: MacAlgorithmSpec): KeyKind {
  return { spec, usage: 'GENERATE_VERIFY_MAC', family: 'hmac', algorithms: [mac], olderName: spec };
}
