/** The ciphertextDataIntegrityValue, by which KMS checks what it stores (XKS Proxy API specification, appendix C). */
import { createHash } from 'node:crypto';
import type { Sealed } from '../../domain/ports/hsm.ts';

/**
 * SHA-256 over AAD, metadata, IV, ciphertext and tag, no lengths between them. The AAD is always the
 * caller's own, whatever the `aadMode`: KMS computes the same without knowing ours.
 * @req X-27 X-34
 */
export function integrityValue(aad: Uint8Array | undefined, sealed: Sealed): Uint8Array {
  const digest = createHash('sha256');
  if (aad !== undefined) digest.update(aad);
  return digest
    .update(sealed.metadata)
    .update(sealed.iv)
    .update(sealed.ciphertext)
    .update(sealed.tag)
    .digest();
}
