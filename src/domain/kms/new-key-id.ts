/** Ids of new keys. */
import { toHex } from '../hex.ts';
import type { Entropy } from '../ports/entropy.ts';
import { randomUuid } from '../uuid.ts';

/** A random UUID, or `mrk-` and 32 hex digits for a multi-Region key. */
export function newKeyId(entropy: Entropy, kind: { readonly multiRegion: boolean }): string {
  return kind.multiRegion ? `mrk-${toHex(entropy.randomBytes(16))}` : randomUuid(entropy);
}
