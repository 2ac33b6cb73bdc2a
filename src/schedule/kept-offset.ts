/**
 * How far ahead the engine's clock has been set is kept in the store: a restart takes it from there, and engines over the
 * same store add to the same offset.
 */
import { clockSettingAddress } from '../domain/key/record-address.ts';
import { type RecordStore, StoreConflict } from '../domain/ports/record-store.ts';

/** Milliseconds; 0 where nobody has set the clock. */
export async function keptOffset(store: RecordStore): Promise<number> {
  const kept = await store.get('setting', clockSettingAddress());
  return Number(kept?.body['offsetMs'] ?? 0);
}

/** Adds to the offset in the store, and tells the sum. Another engine over the same store may do so meanwhile. */
export async function keepOffset(store: RecordStore, ms: number): Promise<number> {
  const address = clockSettingAddress();
  for (let attempt = 1; ; attempt += 1) {
    const before = await store.get('setting', address);
    const offsetMs = Number(before?.body['offsetMs'] ?? 0) + ms;
    const body = { ...before?.body, offsetMs };
    try {
      await store.commit([{ do: 'put', kind: 'setting', address, body, expect: before?.revision ?? 0 }]);
      return offsetMs;
    } catch (error) {
      if (!(error instanceof StoreConflict) || attempt === CLOCK_ATTEMPTS) throw error;
    }
  }
}

const CLOCK_ATTEMPTS = 8;
