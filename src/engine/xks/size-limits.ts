/** Third step: sizes, counted before Base64. What passes here fits every length field below. */
import { MAX_AAD_BYTES, MAX_PLAINTEXT_BYTES } from '../../domain/xks/limits.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';

/**
 * Refuses a plaintext or ciphertext, or associated data, above our limits, which are the protocol's minima.
 * @req X-24 X-37 X-57
 */
export function enforceSizeLimits(
  fieldName: 'plaintext' | 'ciphertext',
  text: Uint8Array,
  aad: Uint8Array | undefined,
): void {
  refuseAbove(MAX_PLAINTEXT_BYTES, fieldName, text.length);
  refuseAbove(MAX_AAD_BYTES, 'additionalAuthenticatedData', aad?.length ?? 0);
}

function refuseAbove(limitBytes: number, fieldName: string, lengthBytes: number): void {
  if (lengthBytes <= limitBytes) return;
  throw new XksFault(
    'UnsupportedOperationException',
    `${fieldName} has ${lengthBytes} bytes; this proxy takes at most ${limitBytes}.`,
  );
}
