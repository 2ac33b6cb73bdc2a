/**
 * What the four operations work with. The engine trusts its caller to have authenticated the request and
 * to walk its steps in order: find-key, authorize-call, size-limits, key-state, ciphertext-form, then the
 * operation. It speaks XksFault for its own refusals and lets the HsmFault of a port pass through.
 */
import type { Clock } from '../../domain/ports/clock.ts';
import type { Aead, HealthMonitor, KeyDescription, KeyDirectory, KeyRole } from '../../domain/ports/hsm.ts';
import type { CryptoUsage, KeyStore, MappedKey } from '../../domain/xks/key-store.ts';

export interface XksEngine {
  readonly aead: Aead;
  readonly directory: KeyDirectory;
  readonly health: HealthMonitor;
  readonly clock: Clock;
}

/** A key that passed every check but its usage; only `lookAtKey` makes one. */
export interface AdmittedKey {
  readonly store: KeyStore;
  readonly mapped: MappedKey;
  readonly description: KeyDescription;
  /** What configuration and token both allow. */
  readonly usages: readonly CryptoUsage[];
}

/** How the AEAD port is told which key to use. */
export function roleOf({ mapped, description }: AdmittedKey): KeyRole {
  const { key, scheme, generation, externalKeyId } = mapped;
  return { key, admitted: description, scheme, generation, keyName: externalKeyId };
}
