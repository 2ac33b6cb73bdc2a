/** Whether a signature is one, said by node:crypto and the libraries of Noble, as far as they know the algorithm. */
import { constants, hash, type KeyObject, verify } from 'node:crypto';
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { shake256 } from '@noble/hashes/sha3.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import type { SignatureRow } from '../../../src/domain/key/algorithms.ts';
import type { SigningRequest } from '../../../src/domain/ports/key-vault.ts';

/** The ways in which a vault is asked for a signature of a message by this algorithm. */
export function requestsFor(row: SignatureRow, key: KeyObject, message: Uint8Array): SigningRequest[] {
  switch (row.kind) {
    case 'ed25519':
      return [{ row, form: 'message', input: message }];
    case 'ed25519ph':
      return [{ row, form: 'digest', input: hash('sha512', message, 'buffer') }];
    case 'ml-dsa':
      return [
        { row, form: 'message', input: message },
        { row, form: 'mu', input: muOf(key, message) },
      ];
    default:
      return [{ row, form: 'digest', input: hash(row.hash, message, 'buffer') }];
  }
}

/** What each of those that know the algorithm says. */
export function verdicts(
  row: SignatureRow,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): readonly boolean[] {
  switch (row.kind) {
    case 'rsa-pkcs1':
      return [verify(row.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature)];
    case 'rsa-pss':
      return [verify(row.hash, message, { key, ...PSS }, signature)];
    case 'ecdsa':
      return [
        verify(row.hash, message, key, signature),
        CURVES[row.curve].verify(signature, message, rawOf(key), { lowS: false, format: 'der' }),
      ];
    case 'ed25519':
      return [
        verify(null, message, key, signature),
        ed25519.verify(signature, message, rawOf(key), { zip215: false }),
      ];
    case 'ed25519ph':
      return [ed25519ph.verify(signature, hash('sha512', message, 'buffer'), rawOf(key), { zip215: false })];
    case 'ml-dsa':
      return [verify(null, message, key, signature), ML_DSA[row.spec].verify(signature, message, rawOf(key))];
  }
}

/** FIPS 204, 6.2, with an empty context: SHAKE256(SHAKE256(pk, 64) ‖ 00 ‖ 00 ‖ M, 64). */
function muOf(key: KeyObject, message: Uint8Array): Uint8Array {
  const tr = shake256(rawOf(key), { dkLen: 64 });
  return shake256(Buffer.concat([tr, Buffer.alloc(2), message]), { dkLen: 64 });
}

/** The BIT STRING of the SubjectPublicKeyInfo of a key that has a fixed length. */
export function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'raw-public' });
}

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const;
const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521, secp256k1 } as const;
const ML_DSA = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 } as const;
