/**
 * Layout of the database and how it came about: one step for each schema version, never changed once released. The
 * version is SQLite's `user_version`; the `application_id` says that the file is ours.
 */
import type { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../domain/ports/record-store.ts';

/** Brings a database to {@link SCHEMA_VERSION}. {@link StoreFailure} for one of a newer release or of something else. */
export function migrate(database: DatabaseSync, file: string): void {
  const from = requireKnown(database, file);
  for (let version = from + 1; version <= SCHEMA_VERSION; version += 1) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[version]}; PRAGMA user_version = ${version}; COMMIT`);
  }
}

/** The schema version; 0 when the database is empty. {@link StoreFailure} as for {@link migrate}. */
export function requireKnown(database: DatabaseSync, file: string): number {
  const version = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  const objects = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  const empty = version === 0 && application === 0 && objects === 0;
  if (!empty && application !== APPLICATION_ID) {
    throw new StoreFailure(`${file} is a database of another program: name another file for the store`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreFailure(
      `the store ${file} has schema ${version}, which a newer release wrote; this one knows ${SCHEMA_VERSION}: use that release, or restore a backup of this one`,
    );
  }
  return version;
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** `PCUL` */
const APPLICATION_ID = 0x5043554c;

/** The columns compare as their UTF-8 bytes do, which is the order that the port promises. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
    PRAGMA application_id = ${APPLICATION_ID};
    CREATE TABLE records (
      kind TEXT NOT NULL,
      scope TEXT NOT NULL,
      id TEXT NOT NULL,
      revision INTEGER NOT NULL,
      owner TEXT,
      due_ms INTEGER,
      body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX records_by_id ON records (kind, scope, id);
    CREATE INDEX records_by_owner ON records (kind, scope, owner, id) WHERE owner IS NOT NULL;
    CREATE INDEX records_by_due_time ON records (kind, due_ms, scope, id) WHERE due_ms IS NOT NULL`,
};

/** The schema that this release writes. */
const SCHEMA_VERSION = Object.keys(MIGRATIONS).length;
