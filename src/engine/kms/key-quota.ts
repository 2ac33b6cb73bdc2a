/** How many keys an account may have in a Region. */
import type { KeyScope } from '../../domain/key/key-record.ts';
import { scopeOf } from '../../domain/key/record-address.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { RecordStore } from '../../domain/ports/record-store.ts';
import type { KmsServices } from './services.ts';

/**
 * Takes room for one more key. Fault: `LimitExceededException`. Keys are counted only when the room of the last count
 * is used up, since counting many takes long. Calls at the same time, and other engines over the same store, may go
 * over the quota by their number.
 */
export async function takeRoomForKey(
  scope: KeyScope,
  { store, settings: { keysPerRegion } }: Pick<KmsServices, 'store' | 'settings'>,
): Promise<void> {
  const rooms = roomsIn(store);
  const name = scopeOf(scope);
  const known = rooms.get(name) ?? 0;
  if (known > 0) {
    rooms.set(name, known - 1);
    return;
  }
  const usage = await store.count('key', name);
  if (usage >= keysPerRegion) {
    throw new KmsFault(
      'LimitExceededException',
      `Key quota for this account in this region is ${keysPerRegion} but the current usage is ${usage}.`,
    );
  }
  rooms.set(name, keysPerRegion - usage - 1);
}

function roomsIn(store: RecordStore): Map<string, number> {
  const known = ROOMS.get(store) ?? new Map<string, number>();
  ROOMS.set(store, known);
  return known;
}

/** By store, then by scope. */
const ROOMS = new WeakMap<RecordStore, Map<string, number>>();
