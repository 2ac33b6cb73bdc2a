/** Decrypt (XKS Proxy API specification, "Decrypt"). */
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { SealedText } from './ciphertext-form.ts';
import { openCiphertext } from './open-ciphertext.ts';
import type { AdmittedKey, XksEngine } from './xks-engine.ts';

/**
 * The plaintext. Rejects with `corrupt` of the port when anything was altered, without saying what.
 * @req X-04 X-37 X-39 X-50
 */
export function decrypt(
  engine: XksEngine,
  key: AdmittedKey,
  sealed: SealedText,
  context: CallContext,
): Promise<Uint8Array> {
  return openCiphertext(engine, key, sealed, context);
}
