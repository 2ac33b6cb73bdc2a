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
import { algorithmsOf } from './algorithms.ts';

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

/** What CreateKey makes unless it is asked for something else. */
export const SYMMETRIC = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;

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

const WITH_OLDER_NAME = { olderName: true } as const;

/** Every key there can be; a spec's rows stand together. */
export const KEY_KINDS: readonly KeyKind[] = [
  kind('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'symmetric', WITH_OLDER_NAME),
  ...rsa('RSA_2048'),
  ...rsa('RSA_3072'),
  ...rsa('RSA_4096'),
  ...ec('ECC_NIST_P256'),
  ...ec('ECC_NIST_P384'),
  ...ec('ECC_NIST_P521'),
  kind('ECC_SECG_P256K1', 'SIGN_VERIFY', 'ec', WITH_OLDER_NAME),
  kind('ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', 'edwards'),
  kind('ML_DSA_44', 'SIGN_VERIFY', 'ml-dsa'),
  kind('ML_DSA_65', 'SIGN_VERIFY', 'ml-dsa'),
  kind('ML_DSA_87', 'SIGN_VERIFY', 'ml-dsa'),
  kind('ML_KEM_512', 'ENCAPSULATE_DECAPSULATE', 'ml-kem'),
  kind('ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', 'ml-kem'),
  kind('ML_KEM_1024', 'ENCAPSULATE_DECAPSULATE', 'ml-kem'),
  kind('HMAC_224', 'GENERATE_VERIFY_MAC', 'hmac', WITH_OLDER_NAME),
  kind('HMAC_256', 'GENERATE_VERIFY_MAC', 'hmac', WITH_OLDER_NAME),
  kind('HMAC_384', 'GENERATE_VERIFY_MAC', 'hmac', WITH_OLDER_NAME),
  kind('HMAC_512', 'GENERATE_VERIFY_MAC', 'hmac', WITH_OLDER_NAME),
];

function rsa(spec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096'): KeyKind[] {
  return [
    kind(spec, 'ENCRYPT_DECRYPT', 'rsa', WITH_OLDER_NAME),
    kind(spec, 'SIGN_VERIFY', 'rsa', WITH_OLDER_NAME),
  ];
}

function ec(spec: 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521'): KeyKind[] {
  return [
    kind(spec, 'SIGN_VERIFY', 'ec', WITH_OLDER_NAME),
    kind(spec, 'KEY_AGREEMENT', 'ec', WITH_OLDER_NAME),
  ];
}

function kind<U extends KeyUsageType>(
  spec: KeySpec,
  usage: U,
  family: KeyFamily,
  { olderName = false }: { readonly olderName?: boolean } = {},
): KeyKind {
  const algorithms = algorithmsOf({ spec, usage }).map(({ algorithm }) => algorithm);
  return {
    spec,
    usage,
    family,
    algorithms,
    ...(olderName && { olderName: spec as CustomerMasterKeySpec }),
  } as unknown as KeyKind;
}
