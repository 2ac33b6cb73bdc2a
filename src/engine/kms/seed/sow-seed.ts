/**
 * Makes what a seed names and the store does not have. What is there stays as it is, so that the same seed can be sown
 * at every start. Nobody is asked for permission and no quota holds: a seed is the operator's.
 */
import type { SeedKey } from '../../../domain/key/seed-key.ts';
import { StoreConflict } from '../../../domain/ports/record-store.ts';
import type { KmsServices } from '../services.ts';
import { findSeedConflicts, SeedConflict } from './seed-conflict.ts';
import { sowKey } from './sow-key.ts';

export type SeedServices = Pick<KmsServices, 'store' | 'vault' | 'clock' | 'settings' | 'log'>;

export interface SeedOutcome {
  readonly keysMade: number;
  readonly aliasesMade: number;
  /** Keys that were there before. */
  readonly keysLeft: number;
}

/**
 * Rejects with a {@link SeedConflict} before anything is made, or when fixed material is not that of a key that exists;
 * and with the faults of vault and store, after which sowing again goes on where this ended.
 */
export async function sowSeed(seed: readonly SeedKey[], services: SeedServices): Promise<SeedOutcome> {
  const conflicts = await findSeedConflicts(seed, services.store);
  if (conflicts.length > 0) throw new SeedConflict(conflicts);
  let outcome: SeedOutcome = { keysMade: 0, aliasesMade: 0, keysLeft: 0 };
  for (const key of seed) {
    const { made, aliasesMade } = await persistently(() => sowKey(key, services));
    outcome = {
      keysMade: outcome.keysMade + (made ? 1 : 0),
      aliasesMade: outcome.aliasesMade + aliasesMade,
      keysLeft: outcome.keysLeft + (made ? 0 : 1),
    };
  }
  return outcome;
}

/** Callers may change the same records meanwhile. */
async function persistently<T>(work: () => Promise<T>, attemptsLeft = 7): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreConflict) || attemptsLeft === 0) throw error;
    return await persistently(work, attemptsLeft - 1);
  }
}
