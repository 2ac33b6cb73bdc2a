/** What all schemes have in common: how they reach the token, and the shapes that they hold it to. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Admitted, CallContext, OpenRequest, TokenKey } from '../../domain/ports/hsm.ts';
import { TAG_BYTES } from '../../domain/xks/limits.ts';
import { keyFingerprint } from '../wire/key-fingerprint.ts';
import type { OperationName } from '../wire/operations.ts';

/** Sends an operation to a ready host of the token that holds `key`. */
export type CallToken = (
  key: TokenKey,
  operation: OperationName,
  body: Uint8Array,
  context: CallContext,
) => Promise<Uint8Array>;

export function fingerprintOf(admitted: Admitted): Uint8Array {
  return admitted === 'any object' ? ANY_KEY : keyFingerprint(admitted);
}

/** Cuts what an encryption returned into its parts. Fault `internal` when it has another length than it must. */
export function splitTag(
  output: Uint8Array,
  plaintextBytes: number,
): { readonly ciphertext: Uint8Array; readonly tag: Uint8Array } {
  if (output.length !== plaintextBytes + TAG_BYTES) {
    throw new HsmFault('internal', `the token returned ${output.length} bytes for ${plaintextBytes}`);
  }
  return { ciphertext: output.subarray(0, plaintextBytes), tag: output.subarray(plaintextBytes) };
}

/** Ciphertext and tag in one. A tag of another length would let the boundary between them slide: fault `corrupt`. */
export function joinTag(
  { ciphertext, tag, iv }: Pick<OpenRequest, 'ciphertext' | 'tag' | 'iv'>,
  ivBytes: readonly number[],
): Buffer {
  if (tag.length !== TAG_BYTES || !ivBytes.includes(iv.length)) {
    throw new HsmFault('corrupt', 'the IV or the tag has a length that GCM here does not use');
  }
  return Buffer.concat([ciphertext, tag]);
}

/** Fault `internal` when a decryption returned another length than it must. */
export function requireSameLength(plaintext: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (plaintext.length === ciphertext.length) return plaintext;
  throw new HsmFault('internal', `the token returned ${plaintext.length} bytes for ${ciphertext.length}`);
}

const ANY_KEY = new Uint8Array(0);
