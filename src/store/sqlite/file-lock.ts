/**
 * What one process may have at a time. The lock is SQLite's own, on a file of its own, which the system gives up when the
 * process ends, however it ends; the empty file stays.
 */
import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import { createPrivateFile } from './private-files.ts';
import { isSqliteError, SQLITE_BUSY } from './sqlite-error.ts';

export class FileLock implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** {@link StoreFailure} with this text when another process, or another holder in this one, has it. */
  static take(lockFile: string, inUse: string): FileLock {
    createPrivateFile(lockFile);
    const database = new DatabaseSync(lockFile);
    try {
      database.exec('BEGIN EXCLUSIVE');
      return new FileLock(database);
    } catch (cause) {
      database.close();
      if (!isSqliteError(cause, SQLITE_BUSY)) throw cause;
      throw new StoreFailure(`${inUse} (${lockFile} is the lock; removing it does not help)`, { cause });
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/**
 * One engine for a store file: a second one would serve records from a memory that the first one's commits do not
 * reach. A lock on the store itself would keep a backup out.
 */
export function lockStore(file: string): FileLock {
  return FileLock.take(
    `${realpathSync(file)}.lock`,
    `the store ${file} is in use by another process, and takes one at a time: stop that one, or name another file`,
  );
}
