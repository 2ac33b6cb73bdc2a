/** The key of one message under key material or under a seal key, in this process's memory. */
import { createHmac, type KeyObject } from 'node:crypto';
import type { Entropy } from '../../domain/ports/entropy.ts';
import {
  type DerivationKind,
  type DerivationParts,
  derivationInput,
  IV_BYTES,
  NONCE_BYTES,
} from '../material/prf-inputs.ts';

/** Wipes the derived key when the work is done. */
export function withDerived<T>(
  key: KeyObject,
  { kind, parts }: { readonly kind: DerivationKind; readonly parts: DerivationParts },
  work: (once: Buffer) => T,
): T {
  const once = createHmac('sha256', key).update(derivationInput(kind, parts)).digest();
  try {
    return work(once);
  } finally {
    once.fill(0);
  }
}

/** What makes one message's key another one than the next message's. */
export function freshParts(entropy: Entropy): { readonly nonce: Uint8Array; readonly iv: Uint8Array } {
  return { nonce: entropy.randomBytes(NONCE_BYTES), iv: entropy.randomBytes(IV_BYTES) };
}
