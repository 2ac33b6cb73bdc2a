/**
 * Every algorithm that a key can be used with, as one row for each spec, usage and algorithm: limits, encodings, and
 * where its private half works. Code that works with keys gets a resolved row and asks for no names. Sizes: AWS KMS
 * developer guide, "Key spec reference"; RFC 8017, FIPS 186-5, FIPS 203, FIPS 204, RFC 2104, RFC 8032. (SM2 exists in
 * China alone.)
 */
import { Bug } from '../bug.ts';
import type { KeySpec, KeyUsageType } from '../kms/api/enums.ts';
import type { AlgorithmsByUsage } from './key-specs.ts';

/** Names as node:crypto has them. */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
/** Names as PKCS#11 and OpenSSL have them, and AWS does not. */
export type CurveName = 'P-256' | 'P-384' | 'P-521' | 'secp256k1';

/**
 * Where the private half works: in the token, or in the memory of the token's host, where no token has the algorithm.
 */
export type WorkPlace = 'token' | 'host';

/** Quick work for requests, or work of milliseconds that must not hold it up. */
export type WorkLane = 'fast' | 'slow';

interface Row<U extends KeyUsageType, A extends AlgorithmsByUsage[U]> {
  readonly spec: KeySpec;
  readonly usage: U;
  readonly algorithm: A;
  readonly place: WorkPlace;
  readonly lane: WorkLane;
}

export interface SymmetricRow extends Row<'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT'> {
  readonly kind: 'symmetric';
  readonly maxPlaintextBytes: number;
}

/** RFC 8017, RSAES-OAEP: MGF1 with the same hash, empty label. */
export interface RsaEncryptionRow extends Row<'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'> {
  readonly kind: 'rsa-oaep';
  readonly hash: HashName;
  /** k of RFC 8017: also what a ciphertext has. */
  readonly modulusBytes: number;
  /** k − 2h − 2. */
  readonly maxPlaintextBytes: number;
}

/** RFC 8017. `digestBytes` is also the length of the salt of PSS. */
export interface RsaSignatureRow
  extends Row<'SIGN_VERIFY', Extract<AlgorithmsByUsage['SIGN_VERIFY'], `RSASSA_${string}`>> {
  readonly kind: 'rsa-pss' | 'rsa-pkcs1';
  readonly hash: HashName;
  readonly digestBytes: number;
  readonly modulusBytes: number;
}

/** FIPS 186-5; a signature is the DER of ECDSA-Sig-Value (RFC 3279). */
export interface EcdsaRow
  extends Row<'SIGN_VERIFY', Extract<AlgorithmsByUsage['SIGN_VERIFY'], `ECDSA_${string}`>> {
  readonly kind: 'ecdsa';
  readonly hash: HashName;
  readonly digestBytes: number;
  readonly curve: CurveName;
  /** Of a coordinate, and of r and s. */
  readonly fieldBytes: number;
}

/** RFC 8032: Ed25519 of the message, or Ed25519ph of the caller's digest, which is hashed once more. */
export interface EdwardsRow
  extends Row<'SIGN_VERIFY', Extract<AlgorithmsByUsage['SIGN_VERIFY'], `ED25519_${string}`>> {
  readonly kind: 'ed25519' | 'ed25519ph';
  /** Of the digest that a caller passes to Ed25519ph. */
  readonly digestBytes: number;
}

/** FIPS 204, with an empty context. */
export interface MlDsaRow extends Row<'SIGN_VERIFY', 'ML_DSA_SHAKE_256'> {
  readonly kind: 'ml-dsa';
  readonly spec: Extract<KeySpec, `ML_DSA_${string}`>;
  /** μ, where the caller has computed it. */
  readonly digestBytes: number;
  readonly signatureBytes: number;
  readonly publicKeyBytes: number;
}

export interface MacRow extends Row<'GENERATE_VERIFY_MAC', AlgorithmsByUsage['GENERATE_VERIFY_MAC']> {
  readonly kind: 'hmac';
  readonly hash: HashName;
  /** Of the MAC; the key has as many. */
  readonly macBytes: number;
}

/** SP 800-56A, 5.7.1.2: the secret is the x-coordinate. */
export interface AgreementRow extends Row<'KEY_AGREEMENT', 'ECDH'> {
  readonly kind: 'ecdh';
  readonly curve: CurveName;
  /** Of the secret. */
  readonly fieldBytes: number;
}

/** FIPS 203; the secret has 32 bytes. */
export interface EncapsulationRow extends Row<'ENCAPSULATE_DECAPSULATE', 'ML_KEM'> {
  readonly kind: 'ml-kem';
  readonly spec: Extract<KeySpec, `ML_KEM_${string}`>;
  readonly ciphertextBytes: number;
  readonly publicKeyBytes: number;
}

export type SignatureRow = RsaSignatureRow | EcdsaRow | EdwardsRow | MlDsaRow;

export type AlgorithmRow =
  | SymmetricRow
  | RsaEncryptionRow
  | SignatureRow
  | MacRow
  | AgreementRow
  | EncapsulationRow;

/** The rows with this usage. */
export type RowOf<U extends KeyUsageType> = Extract<AlgorithmRow, { readonly usage: U }>;

/** The row for a key of this spec and usage; undefined when such a key has no such algorithm. */
export function findAlgorithm<U extends KeyUsageType>(
  key: { readonly spec: KeySpec; readonly usage: U },
  algorithm: string,
): RowOf<U> | undefined {
  return ROWS_BY_NAME.get(nameOf(key.spec, key.usage, algorithm)) as RowOf<U> | undefined;
}

/** All rows of a key of this spec and usage; never empty for a key that exists. */
export function algorithmsOf<U extends KeyUsageType>(key: {
  readonly spec: KeySpec;
  readonly usage: U;
}): readonly RowOf<U>[] {
  const rows = ALGORITHMS.filter(({ spec, usage }) => spec === key.spec && usage === key.usage);
  if (rows.length === 0) throw new Bug(`no key has spec ${key.spec} and usage ${key.usage}`);
  return rows as readonly AlgorithmRow[] as readonly RowOf<U>[];
}

function nameOf(spec: KeySpec, usage: KeyUsageType, algorithm: string): string {
  return `${spec} ${usage} ${algorithm}`;
}

const IN_TOKEN_SLOWLY = { place: 'token', lane: 'slow' } as const;
const FIELD_BYTES = { 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32 } as const;
const DIGEST_BYTES = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

/** A spec's rows stand together, in the order in which AWS lists a key's algorithms. */
export const ALGORITHMS: readonly AlgorithmRow[] = [
  {
    kind: 'symmetric',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    algorithm: 'SYMMETRIC_DEFAULT',
    place: 'token',
    lane: 'fast',
    maxPlaintextBytes: 4096,
  },
  ...rsa('RSA_2048', 256),
  ...rsa('RSA_3072', 384),
  ...rsa('RSA_4096', 512),
  ecdsa('ECC_NIST_P256', 'P-256', 'ECDSA_SHA_256', 'fast'),
  ecdh('ECC_NIST_P256', 'P-256', 'slow'),
  ecdsa('ECC_NIST_P384', 'P-384', 'ECDSA_SHA_384', 'slow'),
  ecdh('ECC_NIST_P384', 'P-384', 'slow'),
  ecdsa('ECC_NIST_P521', 'P-521', 'ECDSA_SHA_512', 'slow'),
  ecdh('ECC_NIST_P521', 'P-521', 'slow'),
  ecdsa('ECC_SECG_P256K1', 'secp256k1', 'ECDSA_SHA_256', 'slow'),
  edwards('ed25519', 'ED25519_SHA_512', 'host'),
  edwards('ed25519ph', 'ED25519_PH_SHA_512', 'host'),
  mlDsa('ML_DSA_44', 2420, 1312),
  mlDsa('ML_DSA_65', 3309, 1952),
  mlDsa('ML_DSA_87', 4627, 2592),
  mlKem('ML_KEM_512', 768, 800),
  mlKem('ML_KEM_768', 1088, 1184),
  mlKem('ML_KEM_1024', 1568, 1568),
  hmac('HMAC_224', 'HMAC_SHA_224', 'sha224'),
  hmac('HMAC_256', 'HMAC_SHA_256', 'sha256'),
  hmac('HMAC_384', 'HMAC_SHA_384', 'sha384'),
  hmac('HMAC_512', 'HMAC_SHA_512', 'sha512'),
];

function rsa(spec: KeySpec, modulusBytes: number): AlgorithmRow[] {
  const encryption = (algorithm: RsaEncryptionRow['algorithm'], hash: HashName): RsaEncryptionRow => ({
    kind: 'rsa-oaep',
    spec,
    usage: 'ENCRYPT_DECRYPT',
    algorithm,
    ...IN_TOKEN_SLOWLY,
    hash,
    modulusBytes,
    maxPlaintextBytes: modulusBytes - 2 * DIGEST_BYTES[hash] - 2,
  });
  const signature = (
    kind: RsaSignatureRow['kind'],
    algorithm: RsaSignatureRow['algorithm'],
    hash: HashName,
  ): RsaSignatureRow => ({
    kind,
    spec,
    usage: 'SIGN_VERIFY',
    algorithm,
    ...IN_TOKEN_SLOWLY,
    hash,
    digestBytes: DIGEST_BYTES[hash],
    modulusBytes,
  });
  return [
    encryption('RSAES_OAEP_SHA_1', 'sha1'),
    encryption('RSAES_OAEP_SHA_256', 'sha256'),
    signature('rsa-pkcs1', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256'),
    signature('rsa-pkcs1', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384'),
    signature('rsa-pkcs1', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512'),
    signature('rsa-pss', 'RSASSA_PSS_SHA_256', 'sha256'),
    signature('rsa-pss', 'RSASSA_PSS_SHA_384', 'sha384'),
    signature('rsa-pss', 'RSASSA_PSS_SHA_512', 'sha512'),
  ];
}

function ecdsa(spec: KeySpec, curve: CurveName, algorithm: EcdsaRow['algorithm'], lane: WorkLane): EcdsaRow {
  const hash = ({ ECDSA_SHA_256: 'sha256', ECDSA_SHA_384: 'sha384', ECDSA_SHA_512: 'sha512' } as const)[
    algorithm
  ];
  return {
    kind: 'ecdsa',
    spec,
    usage: 'SIGN_VERIFY',
    algorithm,
    place: 'token',
    lane,
    hash,
    digestBytes: DIGEST_BYTES[hash],
    curve,
    fieldBytes: FIELD_BYTES[curve],
  };
}

function ecdh(spec: KeySpec, curve: CurveName, lane: WorkLane): AgreementRow {
  const fieldBytes = FIELD_BYTES[curve];
  return {
    kind: 'ecdh',
    spec,
    usage: 'KEY_AGREEMENT',
    algorithm: 'ECDH',
    place: 'token',
    lane,
    curve,
    fieldBytes,
  };
}

function edwards(kind: EdwardsRow['kind'], algorithm: EdwardsRow['algorithm'], place: WorkPlace): EdwardsRow {
  return {
    kind,
    spec: 'ECC_NIST_EDWARDS25519',
    usage: 'SIGN_VERIFY',
    algorithm,
    place,
    lane: 'slow',
    digestBytes: DIGEST_BYTES.sha512,
  };
}

function mlDsa(spec: MlDsaRow['spec'], signatureBytes: number, publicKeyBytes: number): MlDsaRow {
  return {
    kind: 'ml-dsa',
    spec,
    usage: 'SIGN_VERIFY',
    algorithm: 'ML_DSA_SHAKE_256',
    place: 'host',
    lane: 'slow',
    digestBytes: 64,
    signatureBytes,
    publicKeyBytes,
  };
}

function mlKem(
  spec: EncapsulationRow['spec'],
  ciphertextBytes: number,
  publicKeyBytes: number,
): EncapsulationRow {
  return {
    kind: 'ml-kem',
    spec,
    usage: 'ENCAPSULATE_DECAPSULATE',
    algorithm: 'ML_KEM',
    place: 'host',
    lane: 'slow',
    ciphertextBytes,
    publicKeyBytes,
  };
}

function hmac(spec: KeySpec, algorithm: MacRow['algorithm'], hash: HashName): MacRow {
  return {
    kind: 'hmac',
    spec,
    usage: 'GENERATE_VERIFY_MAC',
    algorithm,
    place: 'token',
    lane: 'fast',
    hash,
    macBytes: DIGEST_BYTES[hash],
  };
}

const ROWS_BY_NAME: ReadonlyMap<string, AlgorithmRow> = new Map(
  ALGORITHMS.map((row) => [nameOf(row.spec, row.usage, row.algorithm), row]),
);
