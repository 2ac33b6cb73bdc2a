/**
 * The database, as the worker thread has it: synchronous, one connection, every write in a transaction that is on the
 * disk when the call returns. A batch needs no savepoints: a commit is judged before its first change is written.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import type { LazyWrite, TextChange, Verdicts, WriteBatch } from '../messages.ts';
import { recordName } from '../record-key.ts';
import { type FileLock, lockStore } from './file-lock.ts';
import { createPrivateFile, syncFolderOf } from './private-files.ts';
import { RecordQueries } from './record-queries.ts';
import { migrate } from './schema.ts';
import { sqliteReason } from './sqlite-error.ts';

export class RecordFile implements Disposable {
  readonly queries: RecordQueries;
  readonly #database: DatabaseSync;
  readonly #lock: FileLock;
  readonly #statements: Statements;
  /** Whether the write-ahead log may hold what has since been replaced. */
  #logUsed = true;

  private constructor(database: DatabaseSync, lock: FileLock) {
    this.#database = database;
    this.#lock = lock;
    this.#statements = prepared(database);
    this.queries = new RecordQueries(database);
  }

  /** Makes the file where there is none. {@link StoreFailure} says why it cannot be used, and names it. */
  static open(file: string): RecordFile {
    let lock: FileLock | undefined;
    let database: DatabaseSync | undefined;
    try {
      createPrivateFile(file);
      lock = lockStore(file);
      database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
      database.exec(SETTINGS);
      migrate(database, file);
      syncFolderOf(file);
      return new RecordFile(database, lock);
    } catch (cause) {
      database?.close();
      lock?.[Symbol.dispose]();
      if (cause instanceof StoreFailure) throw cause;
      throw new StoreFailure(`the store ${file} cannot be opened: ${sqliteReason(cause)}`, { cause });
    }
  }

  /** Throws SQLite's error, and then nothing of the batch has happened. */
  write({ lazy, commits }: WriteBatch): Verdicts {
    return this.#transaction(() => {
      for (const each of lazy) this.#putLazily(each);
      return commits.map((changes) => {
        const conflict = this.#conflictOf(changes);
        if (conflict === undefined) for (const change of changes) this.#apply(change);
        return conflict;
      });
    });
  }

  reset(): void {
    this.#transaction(() => this.#database.exec('DELETE FROM records'));
    this.emptyLog();
  }

  /**
   * Moves the write-ahead log into the database, so that the log keeps no records that were replaced or deleted. Does
   * nothing while somebody reads, such as a backup.
   */
  emptyLog(): void {
    if (!this.#logUsed) return;
    this.#database.exec('PRAGMA busy_timeout = 0');
    try {
      const { busy } = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
      this.#logUsed = busy !== 0;
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
    this.#lock[Symbol.dispose]();
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      this.#logUsed = true;
      return result;
    } finally {
      // SQLite has itself rolled back after some errors, and not after others.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }

  #conflictOf(changes: readonly TextChange[]): string | undefined {
    for (const { kind, scope, id, expect } of changes) {
      const revision = Number(this.#statements.revision.get(kind, scope, id)?.['revision'] ?? 0);
      if (revision !== expect) {
        return `${recordName(kind, { scope, id })} has revision ${revision}, not ${expect}`;
      }
    }
    return undefined;
  }

  #apply({ do: what, kind, scope, id, expect, text = '', owner, dueMs }: TextChange): void {
    if (what === 'delete') this.#statements.remove.run(kind, scope, id);
    if (what !== 'put') return;
    this.#statements.put.run(kind, scope, id, expect + 1, owner ?? null, dueMs ?? null, text);
  }

  #putLazily({ kind, scope, id, text }: LazyWrite): void {
    this.#statements.putLazily.run(kind, scope, id, text);
  }
}

interface Statements {
  readonly revision: StatementSync;
  readonly put: StatementSync;
  readonly putLazily: StatementSync;
  readonly remove: StatementSync;
}

function prepared(database: DatabaseSync): Statements {
  return {
    revision: database.prepare('SELECT revision FROM records WHERE kind = ? AND scope = ? AND id = ?'),
    put: database.prepare(`
      INSERT INTO records (kind, scope, id, revision, owner, due_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (kind, scope, id) DO UPDATE
      SET revision = excluded.revision, owner = excluded.owner, due_ms = excluded.due_ms, body = excluded.body`),
    putLazily: database.prepare(`
      INSERT INTO records (kind, scope, id, revision, body) VALUES (?, ?, ?, 1, ?)
      ON CONFLICT (kind, scope, id) DO UPDATE SET body = excluded.body`),
    remove: database.prepare('DELETE FROM records WHERE kind = ? AND scope = ? AND id = ?'),
  };
}

/** For other programs that look at the file: no engine waits for another. */
const BUSY_TIMEOUT_MS = 2_000;
/** FULL: every commit is on the disk before it is acknowledged. */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA journal_size_limit = 0;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32768`;
