/**
 * Layout of the database and how it came about: one step for each schema version, never changed once released. One
 * engine migrates at a time. Texts are stored as their UTF-8 bytes, because PostgreSQL's texts cannot hold U+0000, and
 * bytes compare in the order that the port promises, whatever the database's collation.
 */
import type { Client } from 'pg';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import { LOCK_RECORDS } from './statements.ts';

/** Brings the database to {@link SCHEMA_VERSION}. {@link StoreFailure} for a newer one, or for tables of something else. */
export async function migrate(client: Client): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(LOCK_RECORDS);
    const from = await versionOf(client);
    if (from > SCHEMA_VERSION) {
      throw new StoreFailure(
        `the database has schema ${from}, which a newer release wrote; this one knows ${SCHEMA_VERSION}: use that release`,
      );
    }
    for (let version = from + 1; version <= SCHEMA_VERSION; version += 1) {
      await client.query(MIGRATIONS[version] ?? '');
    }
    if (from < SCHEMA_VERSION)
      await client.query('UPDATE portcullis_schema SET version = $1', [SCHEMA_VERSION]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query(
    `SELECT to_regclass('portcullis_schema') IS NOT NULL AS ours, to_regclass('records') IS NOT NULL AS taken`,
  );
  const { ours, taken } = rows[0];
  if (ours) {
    const { rows: versions } = await client.query('SELECT version FROM portcullis_schema');
    return Number(versions[0]?.version ?? 0);
  }
  if (taken) throw new StoreFailure('the database has records of another program: name another database');
  return 0;
}

const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
    CREATE TABLE portcullis_schema (version integer NOT NULL);
    INSERT INTO portcullis_schema VALUES (0);
    CREATE TABLE records (
      kind text NOT NULL,
      scope bytea NOT NULL,
      id bytea NOT NULL,
      revision bigint NOT NULL,
      owner bytea,
      due_ms bigint,
      body text NOT NULL,
      PRIMARY KEY (kind, scope, id)
    );
    CREATE INDEX records_by_owner ON records (kind, scope, owner, id) WHERE owner IS NOT NULL;
    CREATE INDEX records_by_due_time ON records (kind, due_ms, scope, id) WHERE due_ms IS NOT NULL`,
};

/** The schema that this release writes. */
const SCHEMA_VERSION = Object.keys(MIGRATIONS).length;
