/**
 * Whether the object behind an external key id may serve it. Configuration says what is wanted, the token
 * what is there; configuration can only narrow.
 */
import type { KeyDescription } from '../ports/hsm.ts';
import type { CryptoUsage, MappedKey } from './key-store.ts';

/** `reason` is a clause that ends a sentence about the key; it may be shown to a client. */
export type KeyAdmission =
  | { readonly admitted: true; readonly usages: readonly CryptoUsage[] }
  | { readonly admitted: false; readonly reason: string };

/**
 * Refuses a key that is not AES-256, that could leave the token, or that is not the pinned one; else says
 * which usages configuration and token both allow.
 * @req X-04 X-09 X-20 X-21 X-49
 */
export function admitKey(mapped: MappedKey, description: KeyDescription): KeyAdmission {
  const reason = refusalReason(mapped, description);
  if (reason !== undefined) return { admitted: false, reason };
  const usages: CryptoUsage[] = [];
  if (description.canEncrypt && mapped.usages.has('ENCRYPT')) usages.push('ENCRYPT');
  if (description.canDecrypt && mapped.usages.has('DECRYPT')) usages.push('DECRYPT');
  return { admitted: true, usages };
}

function refusalReason(mapped: MappedKey, description: KeyDescription): string | undefined {
  if (description.keyType !== 'AES') return `it is not an AES key (the token says ${description.keyType})`;
  if (description.bits !== AES_256_BITS) return `it has ${description.bits} bits, and AES_256 needs 256`;
  if (description.extractable && !mapped.allowExtractable) {
    return 'it is extractable (CKA_EXTRACTABLE), and allowExtractable is not set for it';
  }
  if (mapped.kcvHex === undefined || mapped.kcvHex === description.kcvHex) return undefined;
  return description.kcvHex === undefined
    ? 'its check value is pinned (kcv), and the token gives none to compare'
    : 'its check value is not the pinned one (kcv)';
}

const AES_256_BITS = 256;
