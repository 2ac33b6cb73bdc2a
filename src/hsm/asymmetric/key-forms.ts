/**
 * What the private key of each spec is to ASN.1 and to node:crypto: one row for each spec whose keys have a public half.
 * Object identifiers: RFC 8017, RFC 5480, SEC 2, RFC 8410, and NIST's for FIPS 203 and FIPS 204 (RFC 9935, RFC 9881).
 */
import type { KeyObject } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';
import type { CurveName } from '../../domain/key/algorithms.ts';
import type { KeySpec } from '../../domain/kms/api/enums.ts';

interface Form {
  /** Of the AlgorithmIdentifier. */
  readonly oid: string;
  /** Its parameters: NULL, absent, or this DER in hex. */
  readonly parameters: string;
}

export interface RsaForm extends Form {
  readonly family: 'rsa';
  readonly modulusBits: number;
}

export interface CurveForm extends Form {
  readonly family: 'ec';
  readonly curve: CurveName;
  /** As OpenSSL has it. */
  readonly openSslCurve: string;
  /** Of a private key, and of a coordinate. */
  readonly fieldBytes: number;
}

/** A key that follows from a seed. */
export interface SeedForm extends Form {
  readonly family: 'seed';
  readonly keyType: NonNullable<KeyObject['asymmetricKeyType']>;
  readonly seedBytes: number;
  /** In PKCS#8: an OCTET STRING (RFC 8410), or the choice [0] of RFC 9881 and RFC 9935. */
  readonly seedTag: 0x04 | 0x80;
}

export type KeyForm = RsaForm | CurveForm | SeedForm;

/** The row of a spec whose keys have a public half. */
export function formOf(spec: KeySpec): KeyForm {
  const form = FORMS[spec];
  if (form === undefined) throw new Bug(`a key of spec ${spec} has no public half`);
  return form;
}

/** The row of a spec whose keys follow from a seed. */
export function seedFormOf(spec: KeySpec): SeedForm {
  const form = formOf(spec);
  if (form.family !== 'seed') throw new Bug(`a key of spec ${spec} follows from no seed`);
  return form;
}

/** The row of a curve for ECDSA and ECDH. */
export function formOfCurve(curve: CurveName): CurveForm {
  return CURVES[curve];
}

const rsa = (modulusBits: number): RsaForm => ({
  family: 'rsa',
  oid: '1.2.840.113549.1.1.1',
  parameters: 'NULL',
  modulusBits,
});

const ec = (curve: CurveName, openSslCurve: string, fieldBytes: number, parameters: string): CurveForm => ({
  family: 'ec',
  oid: '1.2.840.10045.2.1',
  parameters,
  curve,
  openSslCurve,
  fieldBytes,
});

const seed = (
  keyType: SeedForm['keyType'],
  oid: string,
  rest: Pick<SeedForm, 'seedBytes' | 'seedTag'>,
): SeedForm => ({ family: 'seed', oid, parameters: 'absent', keyType, ...rest });

const ED25519 = { seedBytes: 32, seedTag: 0x04 } as const;
const ML_DSA = { seedBytes: 32, seedTag: 0x80 } as const;
const ML_KEM = { seedBytes: 64, seedTag: 0x80 } as const;

const CURVES: Readonly<Record<CurveName, CurveForm>> = {
  'P-256': ec('P-256', 'prime256v1', 32, '06082a8648ce3d030107'),
  'P-384': ec('P-384', 'secp384r1', 48, '06052b81040022'),
  'P-521': ec('P-521', 'secp521r1', 66, '06052b81040023'),
  secp256k1: ec('secp256k1', 'secp256k1', 32, '06052b8104000a'),
};

const FORMS: Readonly<Partial<Record<KeySpec, KeyForm>>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: CURVES['P-256'],
  ECC_NIST_P384: CURVES['P-384'],
  ECC_NIST_P521: CURVES['P-521'],
  ECC_SECG_P256K1: CURVES.secp256k1,
  ECC_NIST_EDWARDS25519: seed('ed25519', '1.3.101.112', ED25519),
  ML_DSA_44: seed('ml-dsa-44', '2.16.840.1.101.3.4.3.17', ML_DSA),
  ML_DSA_65: seed('ml-dsa-65', '2.16.840.1.101.3.4.3.18', ML_DSA),
  ML_DSA_87: seed('ml-dsa-87', '2.16.840.1.101.3.4.3.19', ML_DSA),
  ML_KEM_512: seed('ml-kem-512', '2.16.840.1.101.3.4.4.1', ML_KEM),
  ML_KEM_768: seed('ml-kem-768', '2.16.840.1.101.3.4.4.2', ML_KEM),
  ML_KEM_1024: seed('ml-kem-1024', '2.16.840.1.101.3.4.4.3', ML_KEM),
};
