/**
 * Whether the object behind an external key id may serve it. Configuration says what is wanted, the token
 * what is there; configuration can only narrow.
 */
import { isDerivedScheme } from '../hsm/aead-scheme.ts';
import type { KeyDescription } from '../ports/hsm.ts';
import type { CryptoUsage, MappedKey } from './key-store.ts';
import { objectUsages, schemeRefusal } from './scheme-fitness.ts';

/** `reason` is a clause that ends a sentence about the key; it may be shown to a client. */
export type KeyAdmission =
  | { readonly admitted: true; readonly usages: readonly CryptoUsage[] }
  | { readonly admitted: false; readonly reason: string };

/**
 * Refuses a key that does not fit its scheme, that could leave the token, or that is not the pinned one; else
 * says which usages configuration and token both allow.
 * @req X-04 X-09 X-20 X-21 X-49
 */
export function admitKey(mapped: MappedKey, description: KeyDescription): KeyAdmission {
  const known = withAttestedLength(mapped, description);
  const reason =
    attestationRefusal(mapped, description) ??
    schemeRefusal(mapped.scheme, known) ??
    exposureRefusal(mapped, description) ??
    pinRefusal(mapped, description);
  if (reason !== undefined) return { admitted: false, reason };
  const usages = objectUsages(mapped.scheme, known).filter((usage) => mapped.usages.has(usage));
  return { admitted: true, usages };
}

/** The operator's word stands in for what nothing tells, and for nothing else. */
function withAttestedLength({ attestedBits }: MappedKey, description: KeyDescription): KeyDescription {
  return description.tried === true ? { ...description, bits: attestedBits ?? 0 } : description;
}

function attestationRefusal(
  { attestedBits }: MappedKey,
  { tried, bits }: KeyDescription,
): string | undefined {
  if (tried === true) return attestedBits === undefined ? LENGTH_UNATTESTED : undefined;
  if (attestedBits === undefined || attestedBits === bits) return undefined;
  return `its entry attests ${attestedBits} bits, and the token says ${bits === 0 ? 'nothing of its length' : bits}`;
}

/** A derived key gives away one message, its parent all of them: there the token must not even show the value. */
function exposureRefusal(mapped: MappedKey, description: KeyDescription): string | undefined {
  if (mapped.allowExtractable) return undefined;
  if (description.extractable) {
    return 'it is extractable (CKA_EXTRACTABLE), and allowExtractable is not set for it';
  }
  if (isDerivedScheme(mapped.scheme) && !description.sensitive) {
    return 'it is not sensitive (CKA_SENSITIVE), and allowExtractable is not set for it';
  }
  return undefined;
}

function pinRefusal(mapped: MappedKey, description: KeyDescription): string | undefined {
  if (mapped.kcvHex === undefined || mapped.kcvHex === description.kcvHex) return undefined;
  return description.kcvHex === undefined
    ? 'its check value is pinned (kcv), and the token gives none to compare'
    : 'its check value is not the pinned one (kcv)';
}

const LENGTH_UNATTESTED =
  'the token does not tell its length; look it up on the device, and write attested: { bits: 256 } and kcv into its entry if it has 256 bits';
