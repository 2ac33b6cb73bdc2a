/** Key pairs made outside of the engine, and signatures as node:crypto and @noble make them. */
import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import type { KeySpec, MessageType, SigningAlgorithmSpec } from '../../../../../src/domain/kms/api/enums.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** One algorithm of one spec, with what it makes of a message. */
export interface SignedRow {
  readonly spec: KeySpec;
  readonly algorithm: SigningAlgorithmSpec;
  /** In how many ways the same message can be given. */
  readonly types: readonly MessageType[];
  readonly sign: (message: Uint8Array, pair: KeyPair) => Uint8Array;
  readonly accepts: (message: Uint8Array, signature: Uint8Array, pair: KeyPair) => boolean;
  /** What is given instead of the message where the type is not RAW. */
  readonly digest: (message: Uint8Array, pair: KeyPair) => Uint8Array;
}

/** Made once: keys of RSA take seconds. */
export function keyPairOf(spec: KeySpec): KeyPair {
  const known = PAIRS.get(spec);
  if (known !== undefined) return known;
  const made = newKeyPair(spec);
  PAIRS.set(spec, made);
  return made;
}

export function newKeyPair(spec: KeySpec): KeyPair {
  const curve = CURVES[spec];
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve });
  if (spec.startsWith('RSA_')) {
    return generateKeyPairSync('rsa', { modulusLength: Number(spec.slice('RSA_'.length)) });
  }
  if (spec === 'ECC_NIST_EDWARDS25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync(spec.toLowerCase().replaceAll('_', '-') as 'ml-dsa-44');
}

export function spkiOf({ publicKey }: KeyPair): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' });
}

/** ML-DSA and ML-KEM with the seed alone (RFC 9881, RFC 9935). */
export function pkcs8Of({ privateKey }: KeyPair): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

/** FIPS 204, 6.2: μ of a message with an empty context. */
function muOf(message: Uint8Array, pair: KeyPair): Buffer {
  const spki = spkiOf(pair);
  const key = spki.subarray(ML_DSA_HEADER_BYTES);
  const tr = createHash('shake256', { outputLength: 64 }).update(key).digest();
  return createHash('shake256', { outputLength: 64 })
    .update(tr)
    .update(Uint8Array.of(0, 0))
    .update(message)
    .digest();
}

const PAIRS = new Map<KeySpec, KeyPair>();
const CURVES: Partial<Record<KeySpec, string>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  ECC_NIST_P521: 'P-521',
  ECC_SECG_P256K1: 'secp256k1',
};
/** SubjectPublicKeyInfo before the key: the same for all three (RFC 9881). */
const ML_DSA_HEADER_BYTES = 22;
const PSS = 6;

function rsa(spec: KeySpec): SignedRow[] {
  return ['256', '384', '512'].flatMap((bits): SignedRow[] => {
    const hash = `sha${bits}`;
    const common = { spec, types: ['RAW', 'DIGEST'], digest: hashed(hash) } as const;
    return [
      {
        ...common,
        algorithm: `RSASSA_PSS_SHA_${bits}` as SigningAlgorithmSpec,
        sign: (message, { privateKey: key }) =>
          sign(hash, message, { key, padding: PSS, saltLength: Number(bits) / 8 }),
        accepts: (message, signature, { publicKey: key }) =>
          verify(hash, message, { key, padding: PSS, saltLength: Number(bits) / 8 }, signature),
      },
      {
        ...common,
        algorithm: `RSASSA_PKCS1_V1_5_SHA_${bits}` as SigningAlgorithmSpec,
        sign: (message, { privateKey }) => sign(hash, message, privateKey),
        accepts: (message, signature, { publicKey }) => verify(hash, message, publicKey, signature),
      },
    ];
  });
}

function ecdsa(spec: KeySpec, bits: '256' | '384' | '512'): SignedRow {
  return {
    spec,
    algorithm: `ECDSA_SHA_${bits}`,
    types: ['RAW', 'DIGEST'],
    digest: hashed(`sha${bits}`),
    sign: (message, { privateKey }) => sign(`sha${bits}`, message, privateKey),
    accepts: (message, signature, { publicKey }) => verify(`sha${bits}`, message, publicKey, signature),
  };
}

function mlDsa(spec: KeySpec): SignedRow {
  return {
    spec,
    algorithm: 'ML_DSA_SHAKE_256',
    types: ['RAW', 'EXTERNAL_MU'],
    digest: muOf,
    sign: (message, { privateKey }) => sign(null, message, privateKey),
    accepts: (message, signature, { publicKey }) => verify(null, message, publicKey, signature),
  };
}

function hashed(hash: string): (message: Uint8Array) => Buffer {
  return (message) => createHash(hash).update(message).digest();
}

/** Ed25519ph signs the hash of what it is given, and it is given a digest. */
function ed25519phOfDigest(message: Uint8Array, { privateKey }: KeyPair): Uint8Array {
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  return ed25519ph.sign(hashed('sha512')(message), new Uint8Array(seed));
}

/** All signatures of kms-behaviour.md §2. */
export const SIGNED_ROWS: readonly SignedRow[] = [
  ...rsa('RSA_2048'),
  ...rsa('RSA_3072'),
  ...rsa('RSA_4096'),
  ecdsa('ECC_NIST_P256', '256'),
  ecdsa('ECC_NIST_P384', '384'),
  ecdsa('ECC_NIST_P521', '512'),
  ecdsa('ECC_SECG_P256K1', '256'),
  {
    spec: 'ECC_NIST_EDWARDS25519',
    algorithm: 'ED25519_SHA_512',
    types: ['RAW'],
    digest: hashed('sha512'),
    sign: (message, { privateKey }) => sign(null, message, privateKey),
    accepts: (message, signature, { publicKey }) => verify(null, message, publicKey, signature),
  },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    algorithm: 'ED25519_PH_SHA_512',
    types: ['DIGEST'],
    digest: hashed('sha512'),
    sign: ed25519phOfDigest,
    accepts: (message, signature, pair) =>
      ed25519ph.verify(signature, hashed('sha512')(message), new Uint8Array(spkiOf(pair).subarray(-32))),
  },
  mlDsa('ML_DSA_44'),
  mlDsa('ML_DSA_65'),
  mlDsa('ML_DSA_87'),
];
