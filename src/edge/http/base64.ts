/** Base64 of RFC 4648 section 4, with one text for each value. */

/**
 * The bytes, or undefined unless the text is the canonical encoding: padded, the standard alphabet, zero
 * trailing bits, no white space. Node's own decoder forgives all of these.
 * @req X-01 X-30
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
