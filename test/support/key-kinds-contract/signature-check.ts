/** Whether a signature is one, said by node:crypto or, where it does not know the algorithm, by the libraries of Noble. */
import { constants, hash, type KeyObject, verify } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { shake256 } from '@noble/hashes/sha3.js';
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

export function verifies(
  row: SignatureRow,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (row.kind) {
    case 'rsa-pkcs1':
      return verify(row.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    case 'rsa-pss': {
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return verify(
        row.hash,
        message,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
        signature,
      );
    }
    case 'ecdsa':
      return verify(row.hash, message, key, signature);
    case 'ed25519':
    case 'ml-dsa':
      return verify(null, message, key, signature);
    case 'ed25519ph':
      return ed25519ph.verify(signature, hash('sha512', message, 'buffer'), rawOf(key), { zip215: false });
  }
}

/** FIPS 204, 6.2, with an empty context: SHAKE256(SHAKE256(pk, 64) ‖ 00 ‖ 00 ‖ M, 64). */
export function muOf(key: KeyObject, message: Uint8Array): Uint8Array {
  const tr = shake256(rawOf(key), { dkLen: 64 });
  return shake256(Buffer.concat([tr, Buffer.alloc(2), message]), { dkLen: 64 });
}

/** The BIT STRING of the SubjectPublicKeyInfo of a key that has a fixed length. */
export function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'raw-public' });
}
