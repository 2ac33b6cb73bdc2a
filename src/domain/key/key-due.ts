/** When the scheduler has to look at a key. */
import type { KeyRecord } from './key-record.ts';

/**
 * When something happens to the key by itself: its deletion, or its rotation. Undefined: never, as it stands. A key
 * that is not enabled does not rotate; what has become due meanwhile happens once it is. Every commit of a key record
 * puts this into the record's index.
 */
export function dueMsOf({ state, deletion, rotation }: KeyRecord): number | undefined {
  if (state === 'PendingDeletion') return deletion?.atMs;
  return state === 'Enabled' && rotation.enabled ? rotation.nextMs : undefined;
}
