/** What every vault holds messages to: the lengths of their parts, and where ciphertext and tag meet. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { VaultCiphertext } from '../../domain/ports/key-vault.ts';
import { IV_BYTES, NONCE_BYTES } from './prf-inputs.ts';

/** Ciphertext ‖ tag in one. Fault `corrupt` for parts of another length, so that no boundary between them slides. */
export function joinCiphertext({ nonce, iv, ciphertext, tag }: VaultCiphertext): Buffer {
  const sound = nonce.length === NONCE_BYTES && iv.length === IV_BYTES && tag.length === TAG_BYTES;
  if (!sound) throw new HsmFault('corrupt', 'the nonce, the IV or the tag has another length than here');
  return Buffer.concat([ciphertext, tag]);
}

/** Fault `internal` when an encryption returned another length than it must. */
export function splitCiphertext(
  sealed: Uint8Array,
  plaintextBytes: number,
): Pick<VaultCiphertext, 'ciphertext' | 'tag'> {
  if (sealed.length !== plaintextBytes + TAG_BYTES) {
    throw new HsmFault('internal', `${sealed.length} bytes came out for a plaintext of ${plaintextBytes}`);
  }
  return { ciphertext: sealed.subarray(0, plaintextBytes), tag: sealed.subarray(plaintextBytes) };
}

const TAG_BYTES = 16;
