/**
 * Ties a call to the key as it was when it was admitted. Sent with every message of the data path and
 * compared in the host, so that an object which replaced the admitted one is never used unexamined.
 */
import { createHash } from 'node:crypto';
import type { KeyDescription } from '../../domain/ports/hsm.ts';

/** 8 bytes over everything that is known of the key; computed once for each description. */
export function keyFingerprint(description: KeyDescription): Uint8Array {
  const known = FINGERPRINTS.get(description);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(description).sort(([a], [b]) => (a < b ? -1 : 1)));
  const fingerprint = createHash('sha256').update(text).digest().subarray(0, FINGERPRINT_BYTES);
  FINGERPRINTS.set(description, fingerprint);
  return fingerprint;
}

const FINGERPRINTS = new WeakMap<KeyDescription, Uint8Array>();
const FINGERPRINT_BYTES = 8;
