/**
 * What a backup says of itself, in a JSON file beside it. Its SHA-256 finds damage, not forgery: that a wrapped key is
 * the domain's own is for the domain's registry key to say when the key is used.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { KeyRecord } from '../../domain/key/key-record.ts';
import { type DomainRecord, StoreFailure } from '../../domain/ports/record-store.ts';
import { requireKnown } from './schema.ts';

/** The generation of the domain's keys that an exported key token needs; undefined for what is no such token. */
export type GenerationOf = (token: Uint8Array) => number | undefined;

export interface BackupContents {
  /** Version of the database's layout. */
  readonly schema: number;
  /** Absent when the store had no domain yet. */
  readonly domainId?: string;
  /** Of the domain's keys, ascending: without them on a token, keys of this backup are lost. */
  readonly generations: readonly number[];
  /** Versions of key material whose exported key token cannot be read, and so cannot be used. */
  readonly damagedMaterials: number;
  /** How many records there are of each kind. */
  readonly records: Readonly<Record<string, number>>;
}

export interface BackupManifest extends BackupContents {
  readonly format: typeof FORMAT;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The release that made it. */
  readonly portcullis: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads all of a database. {@link StoreFailure} when it is damaged, or not one that this release knows. */
export function contentsOf(database: DatabaseSync, file: string, generationOf: GenerationOf): BackupContents {
  const schema = requireKnown(database, file);
  if (schema === 0) throw new StoreFailure(`${file} is an empty database: name the file of a store`);
  const verdict = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
  if (verdict !== 'ok') throw new StoreFailure(`${file} is damaged: ${verdict}`);
  const generations = new Set<number>();
  let damagedMaterials = 0;
  for (const { materials } of bodiesOf<KeyRecord>(database, 'key')) {
    for (const { token } of materials) {
      const generation = generationOf(Buffer.from(token, 'base64'));
      if (generation === undefined) damagedMaterials += 1;
      else generations.add(generation);
    }
  }
  const [domain] = bodiesOf<DomainRecord>(database, 'domain');
  return {
    schema,
    ...(domain !== undefined && { domainId: domain.domainId }),
    generations: [...generations].sort((a, b) => a - b),
    damagedMaterials,
    records: countsOf(database),
  };
}

/** Where the manifest of a backup is. */
export function manifestFileOf(backup: string): string {
  return `${backup}.json`;
}

/** {@link StoreFailure} when it is missing, or no manifest that this release knows. */
export function readManifest(backup: string): BackupManifest {
  const file = manifestFileOf(backup);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StoreFailure(`${file} cannot be read, and belongs to the backup: put it beside ${backup}`, {
      cause,
    });
  }
  const manifest = parsed(text);
  if (manifest?.format === FORMAT && typeof manifest.sha256 === 'string') return manifest as BackupManifest;
  throw new StoreFailure(`${file} is no manifest of a backup that this release knows`);
}

/** In lower-case hex. */
export async function sha256Of(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk);
  return digest.digest('hex');
}

function parsed(text: string): Partial<BackupManifest> | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    // Said to the reader as what it is: no manifest.
    return undefined;
  }
}

function* bodiesOf<T>(database: DatabaseSync, kind: string): Generator<T> {
  const rows = database.prepare('SELECT body FROM records WHERE kind = ? ORDER BY scope, id').iterate(kind);
  for (const { body } of rows) yield JSON.parse(String(body)) as T;
}

function countsOf(database: DatabaseSync): Record<string, number> {
  const rows = database.prepare('SELECT kind, count(*) AS n FROM records GROUP BY kind ORDER BY kind').all();
  return Object.fromEntries(rows.map(({ kind, n }) => [String(kind), Number(n)]));
}

export const FORMAT = 'portcullis-backup/1';
