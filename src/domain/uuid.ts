/** Random UUIDs (RFC 9562, version 4). */
import { toHex } from './hex.ts';
import type { Entropy } from './ports/entropy.ts';

export function randomUuid(entropy: Entropy): string {
  const bytes = entropy.randomBytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
