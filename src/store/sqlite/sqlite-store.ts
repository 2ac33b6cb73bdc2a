/** Records in a SQLite file that a worker thread owns, so that no disk holds up the event loop. */
import type { Log } from '../../domain/ports/log.ts';
import type { RecordStore } from '../../domain/ports/record-store.ts';
import { CachedStore } from '../cached-store.ts';
import { type SpawnStoreWorker, StoreWorker } from './store-worker.ts';

export interface SqliteStoreOptions {
  /** Made where there is none. Used by one store at a time. */
  readonly file: string;
  readonly log: Log;
  /** How much memory remembers, in characters of JSON; the heap takes about three bytes for each. */
  readonly cacheChars?: number;
  /** How long `later` may leave a record in memory alone, in milliseconds. */
  readonly lazyMs?: number;
  readonly spawn?: SpawnStoreWorker;
}

/** Rejects with a {@link StoreFailure} that says why the file cannot be used. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<RecordStore> {
  const { file, log, spawn } = options;
  const store = new CachedStore({
    ...options,
    source: ({ allChanged }) => new StoreWorker({ file, log, ...(spawn && { spawn }), onLost: allChanged }),
  });
  await store.open();
  return store;
}
