/** AES-256-GCM in this process's memory, under a key that was derived for the message and is wiped after it. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import { TAG_BYTES } from '../../domain/xks/limits.ts';

export interface GcmText {
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  /** The plaintext, or ciphertext ‖ tag. */
  readonly input: Uint8Array;
}

/** Ciphertext ‖ tag. */
export function sealOnce(key: Uint8Array, { iv, aad, input }: GcmText): Buffer {
  const cipher = createCipheriv(GCM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(input), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext. Fault `corrupt`, in the same words as for native GCM, when anything does not authenticate. */
export function openOnce(key: Uint8Array, { iv, aad, input }: GcmText): Buffer {
  if (input.length < TAG_BYTES) throw new HsmFault('corrupt', 'the tag is cut off');
  const tagAt = input.length - TAG_BYTES;
  const decipher = createDecipheriv(GCM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(input.subarray(tagAt));
  const plaintext = decipher.update(input.subarray(0, tagAt));
  try {
    decipher.final();
    return plaintext;
  } catch (cause) {
    // What was decrypted before the tag was known to be wrong is nobody's to see (SP 800-38D, section 7.2).
    plaintext.fill(0);
    throw new HsmFault('corrupt', 'the ciphertext does not authenticate', { cause });
  }
}

const GCM = 'aes-256-gcm';
