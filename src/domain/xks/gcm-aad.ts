/**
 * How a caller's associated data and our ciphertext metadata become one GCM AAD (XKS Proxy API
 * specification, "ciphertextMetadata" and its binding). Ciphertexts outlive every release: this layout is
 * for ever. Whoever wants another one gives it a scheme number in `ciphertext-metadata.ts`.
 */
import { Bug } from '../bug.ts';

/** The caller's part of the AAD. In `sha256` mode `input` is a digest while `lengthBytes` stays that of the original. */
export interface AadInput {
  /** Length of the additionalAuthenticatedData that the caller sent; 0 when it sent none. */
  readonly lengthBytes: number;
  /** What enters the AAD for it: the data itself, its SHA-256, or nothing. */
  readonly input: Uint8Array;
}

/**
 * `u16be(length) ‖ input ‖ u8(length of metadata) ‖ metadata`.
 * @req X-26 X-31 X-32
 */
export function gcmAad(caller: AadInput, metadata: Uint8Array): Uint8Array {
  // A length cast that wraps would let two different AADs authenticate as one, so overflow is a bug, never a wrap.
  if (caller.lengthBytes > MAX_U16) throw new Bug(`AAD of ${caller.lengthBytes} bytes passed the size check`);
  if (metadata.length > MAX_U8) throw new Bug(`metadata of ${metadata.length} bytes passed the size check`);
  const inputEnd = 2 + caller.input.length;
  const aad = new Uint8Array(inputEnd + 1 + metadata.length);
  aad[0] = caller.lengthBytes >>> 8;
  aad[1] = caller.lengthBytes & 0xff;
  aad.set(caller.input, 2);
  aad[inputEnd] = metadata.length;
  aad.set(metadata, inputEnd + 1);
  return aad;
}

const MAX_U16 = 0xffff;
const MAX_U8 = 0xff;
