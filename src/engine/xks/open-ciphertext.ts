/** The one path from ciphertext to plaintext: Decrypt takes it, and Encrypt to check its own work. */
import { Bug } from '../../domain/bug.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import { associatedData } from './associated-data.ts';
import type { SealedText } from './ciphertext-form.ts';
import { type AdmittedKey, roleOf, type XksEngine } from './xks-engine.ts';

/**
 * The plaintext, as long as the ciphertext. The form of the ciphertext was checked before.
 * @req X-38 X-39
 */
export async function openCiphertext(
  engine: XksEngine,
  key: AdmittedKey,
  sealed: SealedText,
  context: CallContext,
): Promise<Uint8Array> {
  const aad = associatedData(key.store.aadMode, sealed.aad)(sealed.metadata);
  const { ciphertext, iv, tag, metadata } = sealed;
  const plaintext = await engine.aead.open({ ...roleOf(key), ciphertext, iv, tag, metadata, aad }, context);
  if (plaintext.length !== ciphertext.length) {
    throw new Bug(`${ciphertext.length} bytes of ciphertext gave ${plaintext.length} bytes of plaintext`);
  }
  return plaintext;
}
