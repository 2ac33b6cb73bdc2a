/**
 * A copy of a store while an engine may be writing to it: SQLite reads one state, as of the moment it begins, through
 * a connection of its own (VACUUM INTO), and the engine waits for nothing. What was deleted is not in the copy.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import {
  type BackupManifest,
  contentsOf,
  FORMAT,
  type GenerationOf,
  manifestFileOf,
  sha256Of,
} from './backup-manifest.ts';
import { syncFolderOf } from './private-files.ts';
import { requireKnown } from './schema.ts';
import { sqliteReason } from './sqlite-error.ts';

export interface BackupOrder {
  /** The store. */
  readonly file: string;
  /** Where the backup goes; its manifest beside it. */
  readonly to: string;
  readonly generationOf: GenerationOf;
  /** Goes into the manifest: time in milliseconds since 1970, and this release. */
  readonly atMs: number;
  readonly portcullis: string;
}

/** Makes both files, mode 0600, or neither. {@link StoreFailure} says why not, and for a file that is there already. */
export async function backUpStore(order: BackupOrder): Promise<BackupManifest> {
  const { file, to, generationOf, atMs, portcullis } = order;
  requireFree(to);
  requireFree(manifestFileOf(to));
  const draft = `${to}.draft`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
  } catch (cause) {
    throw new StoreFailure(`${draft} cannot be made; is another backup running, or was one cut short?`, {
      cause,
    });
  }
  try {
    copyState(file, draft);
    const manifest: BackupManifest = {
      format: FORMAT,
      createdAt: new Date(atMs).toISOString(),
      portcullis,
      ...examined(draft, generationOf),
      bytes: statSync(draft).size,
      sha256: await sha256Of(draft),
    };
    publish(draft, to, manifest);
    return manifest;
  } catch (cause) {
    if (cause instanceof StoreFailure) throw cause;
    throw new StoreFailure(`the backup ${to} of ${file} failed: ${sqliteReason(cause)}`, { cause });
  } finally {
    rmSync(draft, { force: true });
  }
}

function requireFree(path: string): void {
  if (!existsSync(path)) return;
  throw new StoreFailure(`${path} is there already; name another file, or remove it`);
}

function copyState(file: string, draft: string): void {
  if (!existsSync(file)) throw new StoreFailure(`there is no store ${file}`);
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    requireKnown(database, file);
    database.prepare('VACUUM INTO ?').run(draft);
  } finally {
    database.close();
  }
}

function examined(draft: string, generationOf: GenerationOf): ReturnType<typeof contentsOf> {
  const database = new DatabaseSync(draft, { readOnly: true });
  try {
    return contentsOf(database, draft, generationOf);
  } finally {
    database.close();
  }
}

/** The manifest comes last: a backup that was cut short has none, and is refused. */
function publish(draft: string, to: string, manifest: BackupManifest): void {
  const descriptor = openSync(draft, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  linkSync(draft, to);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  try {
    writeFileSync(manifestFileOf(to), text, { flag: 'wx', mode: 0o600, flush: true });
    syncFolderOf(to);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/** A backup comes to wait only while an engine makes or changes the layout of its store. */
const BUSY_TIMEOUT_MS = 10_000;
