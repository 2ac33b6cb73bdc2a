/** Opens the store that a configuration names. */
import { readFileSync } from 'node:fs';
import type { KmsStoreConfig, PostgresConfig } from './config/portcullis-config.ts';
import type { Log } from './domain/ports/log.ts';
import { type RecordStore, StoreFailure } from './domain/ports/record-store.ts';
import { MemoryStore } from './store/memory-store.ts';
import type { PostgresServer } from './store/postgres/connection.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

/** `alone`: no engine may use the store meanwhile. Rejects with a {@link StoreFailure}. */
export async function openRecordStore(
  store: KmsStoreConfig,
  log: Log,
  { alone = false } = {},
): Promise<RecordStore> {
  if (store === 'memory') return new MemoryStore();
  if ('sqlite' in store) return await openSqliteStore({ file: store.sqlite, log });
  // Loaded by those who want it: the others start faster without.
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts');
  return await openPostgresStore({ server: serverOf(store.postgres), log, alone });
}

function serverOf({ tls, ...server }: PostgresConfig): PostgresServer {
  if (tls === undefined) return server;
  const { caFile, certFile, keyFile } = tls;
  return {
    ...server,
    tls: {
      ...(caFile !== undefined && { ca: pem(caFile) }),
      ...(certFile !== undefined && { cert: pem(certFile) }),
      ...(keyFile !== undefined && { key: pem(keyFile) }),
    },
  };
}

function pem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StoreFailure(`the PEM file ${file} of the store cannot be read`, { cause });
  }
}
