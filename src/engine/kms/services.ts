/** What the operations work with, and what an operator may set. */
import type { Authorizer } from '../../domain/ports/authorizer.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import type { KmsEvents } from '../../domain/ports/kms-events.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { RecordStore } from '../../domain/ports/record-store.ts';

export interface KmsServices {
  readonly store: RecordStore;
  readonly vault: KeyVault;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly authorizer: Authorizer;
  readonly events: KmsEvents;
  readonly settings: KmsSettings;
  readonly log: Log;
}

/** Quotas of the service (developer guide, "Resource quotas"), and what AWS does not tell or has changed. */
export interface KmsSettings {
  readonly keysPerRegion: number;
  readonly aliasesPerKey: number;
  /** In a key's life. */
  readonly onDemandRotationsPerKey: number;
  /** What Decrypt says of a ciphertext whose key is not there: AWS changed its words in 2025. */
  readonly missingKeyText: 'since-2025' | 'before-2025';
  /** The fair-share class of the engine's own work at its token; callers have theirs. */
  readonly tenant: number;
}

export const DEFAULT_SETTINGS: KmsSettings = {
  keysPerRegion: 100_000,
  aliasesPerKey: 50,
  onDemandRotationsPerKey: 25,
  missingKeyText: 'since-2025',
  tenant: 0,
};
