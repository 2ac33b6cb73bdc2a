/** A key pair in the forms in which an exported key token has it. */
import { createPublicKey, type KeyObject } from 'node:crypto';

export interface PrivateMaterial {
  /** PKCS#8 DER, to be wrapped; empty for a key that follows from a seed. */
  readonly pkcs8: Buffer;
  /** To be sealed; empty for other keys. */
  readonly seed: Buffer;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Buffer;
}

/** Of a key that does not follow from a seed. */
export function materialOfKey(key: KeyObject): PrivateMaterial {
  return {
    pkcs8: key.export({ type: 'pkcs8', format: 'der' }),
    seed: Buffer.alloc(0),
    publicKey: publicKeyOf(key),
  };
}

/** SubjectPublicKeyInfo DER of the public half. */
export function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** Overwrites what is secret of it. */
export function wipeMaterial({ pkcs8, seed }: PrivateMaterial): void {
  pkcs8.fill(0);
  seed.fill(0);
}
