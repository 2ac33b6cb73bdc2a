/** Ids of new keys. */
import { toHex } from '../hex.ts';
import type { Entropy } from '../ports/entropy.ts';

/** A random UUID, or `mrk-` and 32 hex digits for a multi-Region key. */
export function newKeyId(entropy: Entropy, kind: { readonly multiRegion: boolean }): string {
  const bytes = entropy.randomBytes(16);
  if (kind.multiRegion) return `mrk-${toHex(bytes)}`;
  const hex = toHex(bytes.map((byte, at) => UUID_BITS[at]?.(byte) ?? byte));
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Version 4 and variant 1 (RFC 9562). */
const UUID_BITS: Readonly<Record<number, (byte: number) => number>> = {
  6: (byte) => (byte & 0x0f) | 0x40,
  8: (byte) => (byte & 0x3f) | 0x80,
};
