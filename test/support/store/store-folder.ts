/** A folder of a test for its store files, gone with the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordStore } from '../../../src/domain/ports/record-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/sqlite-store.ts';
import { SeenLog } from '../seen-log.ts';

export class StoreFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'portcullis-store-'));
  readonly log = new SeenLog();

  /** Of the store that {@link open} opens. */
  get file(): string {
    return this.at('store.sqlite');
  }

  at(name: string): string {
    return join(this.path, name);
  }

  open(options: Partial<SqliteStoreOptions> = {}): Promise<RecordStore> {
    return openSqliteStore({ file: this.file, log: this.log, ...options });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
