/** When a key's material is replaced by itself: kms-behaviour.md §4. The model has seen to the period's bounds already. */
import { DAY_MS } from './day.ts';
import type { KeyRecord, KeyRotation } from './key-record.ts';

/** Of a key that nobody asked to rotate. */
export const NO_ROTATION: KeyRotation = { enabled: false, periodDays: 365, onDemandCount: 0 };

/** Enabled, or enabled again: the schedule starts now. */
export function startRotation(rotation: KeyRotation, nowMs: number, periodDays = 365): KeyRotation {
  return { ...rotation, enabled: true, periodDays, nextMs: nowMs + periodDays * DAY_MS };
}

export function stopRotation({ periodDays, onDemandCount }: KeyRotation): KeyRotation {
  return { enabled: false, periodDays, onDemandCount };
}

/** After an automatic rotation: the next period starts with it, also when it was late. */
export function continueRotation(rotation: KeyRotation, nowMs: number): KeyRotation {
  return { ...rotation, nextMs: nowMs + rotation.periodDays * DAY_MS };
}

/** Whether the key says that it rotates: one that waits for its deletion says no, and does again when that is cancelled. */
export function showsRotation({ rotation, state }: Pick<KeyRecord, 'rotation' | 'state'>): boolean {
  return rotation.enabled && state !== 'PendingDeletion' && state !== 'PendingReplicaDeletion';
}
