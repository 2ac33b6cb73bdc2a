/**
 * A store from a backup. Everything is checked on a copy beside the store, which then takes its place in one step; an
 * engine must not run meanwhile, and cannot begin to.
 */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import {
  type BackupManifest,
  contentsOf,
  type GenerationOf,
  readManifest,
  sha256Of,
} from './backup-manifest.ts';
import { lockStore } from './file-lock.ts';
import { createPrivateFile, syncFolderOf } from './private-files.ts';
import { sqliteReason } from './sqlite-error.ts';

export interface RestoreOrder {
  /** The backup; its manifest beside it. */
  readonly from: string;
  /** The store to make. */
  readonly file: string;
  /** Whether a store that is there may be lost. */
  readonly replace: boolean;
  readonly generationOf: GenerationOf;
}

/** {@link StoreFailure} says why not; the store that was there, if any, is then as it was. */
export async function restoreStore(order: RestoreOrder): Promise<BackupManifest> {
  try {
    return await restored(order);
  } catch (cause) {
    if (cause instanceof StoreFailure) throw cause;
    throw new StoreFailure(`${order.from} was not restored to ${order.file}: ${sqliteReason(cause)}`, {
      cause,
    });
  }
}

async function restored({ from, file, replace, generationOf }: RestoreOrder): Promise<BackupManifest> {
  const manifest = readManifest(from);
  const isNew = !existsSync(file);
  createPrivateFile(file);
  const target = realpathSync(file);
  const draft = `${target}.draft`;
  using _lock = lockStore(target);
  try {
    requireReplaceable(target, replace);
    copyFileSync(from, draft, constants.COPYFILE_FICLONE);
    chmodSync(draft, 0o600);
    await requireSame(draft, from, manifest, generationOf);
    settle(target);
    for (const suffix of ['-wal', '-shm']) rmSync(target + suffix, { force: true });
    renameSync(draft, target);
    syncFolderOf(target);
    return manifest;
  } catch (error) {
    if (isNew) rmSync(target, { force: true });
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function requireReplaceable(target: string, replace: boolean): void {
  if (replace || (statSync(target).size === 0 && !existsSync(`${target}-wal`))) return;
  throw new StoreFailure(
    `${target} holds a store: name another file, or give --danger-replace if every key that only this store has may be lost`,
  );
}

async function requireSame(
  draft: string,
  from: string,
  manifest: BackupManifest,
  generationOf: GenerationOf,
): Promise<void> {
  const sha256 = await sha256Of(draft);
  if (sha256 !== manifest.sha256) {
    throw new StoreFailure(
      `${from} is damaged: its SHA-256 is ${sha256}, and its manifest says ${manifest.sha256}`,
    );
  }
  const database = new DatabaseSync(draft, { readOnly: true });
  try {
    const { records } = contentsOf(database, from, generationOf);
    if (JSON.stringify(records) !== JSON.stringify(manifest.records)) {
      throw new StoreFailure(`${from} has other records than its manifest says`);
    }
  } finally {
    database.close();
  }
  const descriptor = openSync(draft, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Moves the log of the old store into its file, so that a crash before the replacement costs it nothing. */
function settle(target: string): void {
  if (!existsSync(`${target}-wal`)) return;
  try {
    const database = new DatabaseSync(target);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  } catch {
    // A store that cannot be opened is what a restore is for.
  }
}
