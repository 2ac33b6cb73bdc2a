/**
 * The material that a seed fixes: whether it is what a key of this spec has, as far as that can be told without a vault,
 * so that what is wrong is reported with its line.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { findAlgorithm } from '../../domain/key/algorithms.ts';
import type { KeyKind } from '../../domain/key/key-specs.ts';
import type { KeySpec } from '../../domain/kms/api/enums.ts';
import type { Findings, PathInFile } from '../findings.ts';

/** Without line breaks and blanks, which a long text in YAML may have. Reports without quoting any of it. */
export function seedMaterial(kind: KeyKind, text: string, path: PathInFile, findings: Findings): string {
  const base64 = text.replaceAll(/\s/g, '');
  const bytes = Buffer.from(base64, 'base64');
  try {
    if (bytes.toString('base64') !== base64) findings.problem(path, 'is no Base64', expectedOf(kind));
    else if (!isMaterialOf(kind, bytes)) findings.problem(path, foundIn(kind, bytes), expectedOf(kind));
  } finally {
    bytes.fill(0);
  }
  return base64;
}

function isMaterialOf(kind: KeyKind, bytes: Buffer): boolean {
  const length = lengthOf(kind);
  return length === undefined ? isPrivateKey(kind.spec, bytes) : bytes.length === length;
}

function isPrivateKey(spec: KeySpec, der: Buffer): boolean {
  try {
    return nameOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })) === NAMES[spec];
  } catch {
    return false;
  }
}

/** What makes the keys of a spec different from others, as OpenSSL says it. */
function nameOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  return [asymmetricKeyType, modulusLength ?? namedCurve].filter((part) => part !== undefined).join(' ');
}

/** Of a key that is a number of bytes and nothing else. */
function lengthOf({ spec, usage, algorithms }: KeyKind): number | undefined {
  if (spec === 'SYMMETRIC_DEFAULT') return AES_KEY_BYTES;
  const row = findAlgorithm({ spec, usage }, String(algorithms[0]));
  return row?.kind === 'hmac' ? row.macBytes : undefined;
}

function expectedOf(kind: KeyKind): string {
  const length = lengthOf(kind);
  return length === undefined
    ? `the Base64 of a private key of ${kind.spec}, in PKCS#8 DER`
    : `the Base64 of ${length} bytes`;
}

function foundIn(kind: KeyKind, bytes: Buffer): string {
  return lengthOf(kind) === undefined ? 'is another thing' : `has ${bytes.length} bytes`;
}

const AES_KEY_BYTES = 32;

const NAMES: Readonly<Partial<Record<KeySpec, string>>> = {
  RSA_2048: 'rsa 2048',
  RSA_3072: 'rsa 3072',
  RSA_4096: 'rsa 4096',
  ECC_NIST_P256: 'ec prime256v1',
  ECC_NIST_P384: 'ec secp384r1',
  ECC_NIST_P521: 'ec secp521r1',
  ECC_SECG_P256K1: 'ec secp256k1',
  ECC_NIST_EDWARDS25519: 'ed25519',
  ML_DSA_44: 'ml-dsa-44',
  ML_DSA_65: 'ml-dsa-65',
  ML_DSA_87: 'ml-dsa-87',
  ML_KEM_512: 'ml-kem-512',
  ML_KEM_768: 'ml-kem-768',
  ML_KEM_1024: 'ml-kem-1024',
};
