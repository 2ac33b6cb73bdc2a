/**
 * One transaction for many commits, each judged on its own as of those before it. Only one engine writes at a time
 * (see statements.ts), so what was read in the transaction still holds when it ends, and nothing can be deadlocked.
 */
import type { Client } from 'pg';
import type { RecordKind } from '../../domain/ports/record-store.ts';
import type { TextChange, Verdicts, WriteBatch } from '../messages.ts';
import { recordKey, recordName } from '../record-key.ts';
import { notices } from './notices.ts';
import { bytesOf } from './record-queries.ts';
import { CHANNEL, LOCK_RECORDS } from './statements.ts';

/** Rejects with what the server or the connection says; when COMMIT was on its way, it may have happened. */
export async function writeBatch(client: Client, batch: WriteBatch, writer: string): Promise<Verdicts> {
  const { lazy, commits } = batch;
  await client.query(`BEGIN; ${LOCK_RECORDS}`);
  if (lazy.length > 0) await client.query(PUT_LAZILY, [...addresses(lazy), lazy.map(({ text }) => text)]);
  const { verdicts, changed } = judge(commits, await revisionsOf(client, commits.flat()));
  const puts = [...changed.values()].filter((change) => change.do === 'put');
  const removed = [...changed.values()].filter((change) => change.do === 'delete');
  if (removed.length > 0) await client.query(REMOVE, addresses(removed));
  if (puts.length > 0) await client.query(PUT, valuesOf(puts));
  const keys = [...lazy.map((each) => recordKey(each.kind, each)), ...changed.keys()];
  for (const notice of notices(writer, keys)) {
    await client.query('SELECT pg_notify($1, $2)', [CHANNEL, notice]);
  }
  await client.query('COMMIT');
  return verdicts;
}

/** Removes every record, and tells everybody. */
export async function removeAll(client: Client, writer: string): Promise<void> {
  await client.query(`BEGIN; ${LOCK_RECORDS}`);
  await client.query('DELETE FROM records');
  for (const notice of notices(writer, 'all'))
    await client.query('SELECT pg_notify($1, $2)', [CHANNEL, notice]);
  await client.query('COMMIT');
}

/** The last change of each record that changes, and what each commit conflicts with. */
function judge(
  commits: readonly (readonly TextChange[])[],
  revisions: Map<string, number>,
): { readonly verdicts: Verdicts; readonly changed: ReadonlyMap<string, TextChange> } {
  const changed = new Map<string, TextChange>();
  const verdicts = commits.map((changes) => {
    for (const { kind, scope, id, expect } of changes) {
      const revision = revisions.get(recordKey(kind, { scope, id })) ?? 0;
      if (revision !== expect)
        return `${recordName(kind, { scope, id })} has revision ${revision}, not ${expect}`;
    }
    for (const change of changes) {
      if (change.do === 'check') continue;
      const key = recordKey(change.kind, change);
      revisions.set(key, change.do === 'put' ? change.expect + 1 : 0);
      changed.set(key, change);
    }
    return undefined;
  });
  return { verdicts, changed };
}

async function revisionsOf(client: Client, changes: readonly TextChange[]): Promise<Map<string, number>> {
  const revisions = new Map<string, number>();
  if (changes.length === 0) return revisions;
  const { rows } = await client.query(REVISIONS, addresses(changes));
  for (const { kind, scope, id, revision } of rows) {
    revisions.set(recordKey(kind, { scope: String(scope), id: String(id) }), Number(revision));
  }
  return revisions;
}

interface Addressed {
  readonly kind: RecordKind;
  readonly scope: string;
  readonly id: string;
}

function addresses(records: readonly Addressed[]): unknown[] {
  return [
    records.map(({ kind }) => kind),
    records.map(({ scope }) => bytesOf(scope)),
    records.map(({ id }) => bytesOf(id)),
  ];
}

function valuesOf(puts: readonly TextChange[]): unknown[] {
  return [
    ...addresses(puts),
    puts.map(({ expect }) => expect + 1),
    puts.map(({ owner }) => (owner === undefined ? null : bytesOf(owner))),
    puts.map(({ dueMs }) => dueMs ?? null),
    puts.map(({ text = '' }) => text),
  ];
}

const ADDRESSES = 'unnest($1::text[], $2::bytea[], $3::bytea[]) AS named (kind, scope, id)';
const REVISIONS = `SELECT kind, scope, id, revision FROM records JOIN ${ADDRESSES} USING (kind, scope, id)`;
const REMOVE = `
  DELETE FROM records USING ${ADDRESSES}
  WHERE records.kind = named.kind AND records.scope = named.scope AND records.id = named.id`;
const PUT = `
  INSERT INTO records (kind, scope, id, revision, owner, due_ms, body)
  SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bigint[], $7::text[])
  ON CONFLICT (kind, scope, id) DO UPDATE
  SET revision = excluded.revision, owner = excluded.owner, due_ms = excluded.due_ms, body = excluded.body`;
const PUT_LAZILY = `
  INSERT INTO records (kind, scope, id, revision, body)
  SELECT kind, scope, id, 1, body
  FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[]) AS lazy (kind, scope, id, body)
  ON CONFLICT (kind, scope, id) DO UPDATE SET body = excluded.body`;
