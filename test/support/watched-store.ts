/** The store in memory, where a test can step in between. */
import type {
  RecordAddress,
  RecordChange,
  RecordKind,
  StoredRecord,
} from '../../src/domain/ports/record-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

export class WatchedStore extends MemoryStore {
  /** Awaited at the start of each commit: for what happens between a decision and its commit. */
  beforeCommit: () => Promise<void> = () => Promise.resolve();
  /** Whether `peek` knows nothing. */
  forgetful = false;

  override peek<K extends RecordKind>(
    kind: K,
    address: RecordAddress,
  ): StoredRecord<K> | undefined | 'unknown' {
    return this.forgetful ? 'unknown' : super.peek(kind, address);
  }

  override async commit(changes: readonly RecordChange[]): Promise<void> {
    await this.beforeCommit();
    await super.commit(changes);
  }
}
