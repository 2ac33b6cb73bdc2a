/** Records in the memory of this process, gone with it: for tests, labs and benches. */
import {
  type LazyKind,
  type ListOptions,
  type RecordAddress,
  type RecordBodies,
  type RecordChange,
  type RecordIndex,
  type RecordKind,
  type RecordStore,
  StoreConflict,
  type StoredRecord,
  StoreFailure,
} from '../domain/ports/record-store.ts';
import { bodyOf, bodyText } from './record-body.ts';
import { compareUtf8, recordKey, recordName } from './record-key.ts';
import { requireAddress, requireSound } from './require-sound.ts';

export class MemoryStore implements RecordStore {
  readonly #entries = new Map<string, Entry>();
  #disposed = false;

  get<K extends RecordKind>(kind: K, address: RecordAddress): Promise<StoredRecord<K> | undefined> {
    return this.#turn(() => this.#find(kind, address)?.record);
  }

  peek<K extends RecordKind>(kind: K, address: RecordAddress): StoredRecord<K> | undefined | 'unknown' {
    return this.#disposed ? 'unknown' : this.#find(kind, address)?.record;
  }

  list<K extends RecordKind>(
    kind: K,
    scope: string,
    { after, limit, owner }: ListOptions,
  ): Promise<StoredRecord<K>[]> {
    return this.#turn(() =>
      this.#all(kind, scope, owner)
        .map(({ record }) => record)
        .filter(({ id }) => after === undefined || compareUtf8(id, after) > 0)
        .sort((a, b) => compareUtf8(a.id, b.id))
        .slice(0, limit),
    );
  }

  count(kind: RecordKind, scope: string, owner?: string): Promise<number> {
    return this.#turn(() => this.#all(kind, scope, owner).length);
  }

  due<K extends RecordKind>(kind: K, untilMs: number, limit: number): Promise<StoredRecord<K>[]> {
    return this.#turn(() =>
      this.#all(kind)
        .filter(({ index }) => index.dueMs !== undefined && index.dueMs <= untilMs)
        .sort(byDueTime)
        .map(({ record }) => record)
        .slice(0, limit),
    );
  }

  nextDueMs(kind: RecordKind): Promise<number | undefined> {
    return this.#turn(() => {
      const [first] = this.#all(kind)
        .filter(({ index }) => index.dueMs !== undefined)
        .sort(byDueTime);
      return first?.index.dueMs;
    });
  }

  scopes(kind: RecordKind): Promise<string[]> {
    return this.#turn(() =>
      [...new Set(this.#all(kind).map(({ record }) => record.scope))].sort(compareUtf8),
    );
  }

  commit(changes: readonly RecordChange[]): Promise<void> {
    return this.#turn(() => {
      requireSound(changes);
      for (const { kind, address, expect } of changes) {
        const revision = this.#find(kind, address)?.record.revision ?? 0;
        if (revision !== expect) {
          throw new StoreConflict(`${recordName(kind, address)} has revision ${revision}, not ${expect}`);
        }
      }
      for (const change of changes) this.#apply(change);
    });
  }

  later<K extends LazyKind>(kind: K, address: RecordAddress, body: RecordBodies[K]): void {
    requireAddress(address);
    if (this.#disposed) return;
    const { record, index = {} } = this.#find(kind, address) ?? {};
    this.#put(kind, address, { revision: record?.revision ?? 1, body, index });
  }

  reset(): Promise<void> {
    return this.#turn(() => this.#entries.clear());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#entries.clear();
  }

  /** Asynchronous as every store is, so that no caller comes to depend on less; what it throws rejects. */
  async #turn<T>(work: () => T): Promise<T> {
    if (this.#disposed) throw new StoreFailure('the store is closed');
    return work();
  }

  #find<K extends RecordKind>(kind: K, address: RecordAddress): Entry<K> | undefined {
    return this.#entries.get(recordKey(kind, address)) as Entry<K> | undefined;
  }

  #all<K extends RecordKind>(kind: K, scope?: string, owner?: string): Entry<K>[] {
    return [...this.#entries.values()].filter(
      (entry): entry is Entry<K> =>
        entry.record.kind === kind &&
        (scope === undefined || entry.record.scope === scope) &&
        (owner === undefined || entry.index.owner === owner),
    );
  }

  #apply(change: RecordChange): void {
    const { kind, address } = change;
    if (change.do === 'delete') this.#entries.delete(recordKey(kind, address));
    if (change.do !== 'put') return;
    const { body, index = {} } = change;
    this.#put(kind, address, { revision: change.expect + 1, body, index });
  }

  #put<K extends RecordKind>(
    kind: K,
    { scope, id }: RecordAddress,
    { revision, body, index }: { revision: number; body: RecordBodies[K]; index: RecordIndex },
  ): void {
    const record = Object.freeze({ kind, scope, id, revision, body: bodyOf<K>(bodyText(body)) });
    this.#entries.set(recordKey(kind, record), { record, index: { ...index } });
  }
}

interface Entry<K extends RecordKind = RecordKind> {
  readonly record: StoredRecord<K>;
  readonly index: RecordIndex;
}

function byDueTime(a: Entry, b: Entry): number {
  const { record: recordA, index: indexA } = a;
  const { record: recordB, index: indexB } = b;
  return (
    (indexA.dueMs ?? 0) - (indexB.dueMs ?? 0) ||
    compareUtf8(recordA.scope, recordB.scope) ||
    compareUtf8(recordA.id, recordB.id)
  );
}
