/** Records in a PostgreSQL database that several engines may share; see docs/store.md for what they see of each other. */
import type { Log } from '../../domain/ports/log.ts';
import type { RecordStore } from '../../domain/ports/record-store.ts';
import { CachedStore } from '../cached-store.ts';
import type { PostgresServer } from './connection.ts';
import { PostgresSource } from './postgres-source.ts';

export interface PostgresStoreOptions {
  readonly server: PostgresServer;
  readonly log: Log;
  /** No engine may use the database meanwhile. */
  readonly alone?: boolean;
  /** How much memory remembers, in characters of JSON; the heap takes about three bytes for each. */
  readonly cacheChars?: number;
  /** How long `later` may leave a record in memory alone, in milliseconds. */
  readonly lazyMs?: number;
}

/** Rejects with a `StoreFailure` that says why the database cannot be used. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<RecordStore> {
  const { server, log, alone = false } = options;
  const store = new CachedStore({
    ...options,
    source: (events) => new PostgresSource({ server, log, alone, events }),
  });
  await store.open();
  return store;
}
