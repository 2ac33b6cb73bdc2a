/** A record store of a few lines for tests of the engine: all in a map, nothing durable. */
import {
  type ListOptions,
  type RecordAddress,
  type RecordChange,
  type RecordKind,
  type RecordStore,
  StoreConflict,
  type StoredRecord,
} from '../../src/domain/ports/record-store.ts';

type Held = StoredRecord<RecordKind> & { readonly owner?: string; readonly dueMs?: number };

export class RecordMap implements RecordStore {
  readonly #records = new Map<string, Held>();
  /** Awaited at the start of each commit: for what happens between a decision and its commit. */
  beforeCommit: () => Promise<void> = () => Promise.resolve();
  /** Whether `peek` knows nothing. */
  forgetful = false;

  async get<K extends RecordKind>(kind: K, address: RecordAddress): Promise<StoredRecord<K> | undefined> {
    return this.#records.get(nameOf(kind, address)) as StoredRecord<K> | undefined;
  }

  peek<K extends RecordKind>(kind: K, address: RecordAddress): StoredRecord<K> | undefined | 'unknown' {
    if (this.forgetful) return 'unknown';
    return this.#records.get(nameOf(kind, address)) as StoredRecord<K> | undefined;
  }

  async list<K extends RecordKind>(
    kind: K,
    scope: string,
    { after = '', limit, owner }: ListOptions,
  ): Promise<StoredRecord<K>[]> {
    return this.#all(kind)
      .filter((record) => record.scope === scope && record.id > after)
      .filter((record) => owner === undefined || record.owner === owner)
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .slice(0, limit) as StoredRecord<K>[];
  }

  async count(kind: RecordKind, scope: string, owner?: string): Promise<number> {
    const all = this.#all(kind).filter((record) => record.scope === scope);
    return all.filter((record) => owner === undefined || record.owner === owner).length;
  }

  async due<K extends RecordKind>(kind: K, untilMs: number, limit: number): Promise<StoredRecord<K>[]> {
    return this.#all(kind)
      .filter(({ dueMs = Number.POSITIVE_INFINITY }) => dueMs <= untilMs)
      .slice(0, limit) as StoredRecord<K>[];
  }

  async nextDueMs(kind: RecordKind): Promise<number | undefined> {
    const next = Math.min(...this.#all(kind).map(({ dueMs = Number.POSITIVE_INFINITY }) => dueMs));
    return Number.isFinite(next) ? next : undefined;
  }

  async scopes(kind: RecordKind): Promise<string[]> {
    return [...new Set(this.#all(kind).map(({ scope }) => scope))];
  }

  async commit(changes: readonly RecordChange[]): Promise<void> {
    await this.beforeCommit();
    for (const change of changes) {
      const revision = this.#records.get(nameOf(change.kind, change.address))?.revision ?? 0;
      if (revision !== change.expect) throw new StoreConflict(`${change.kind} has revision ${revision}`);
    }
    for (const change of changes) this.#apply(change);
  }

  async reset(): Promise<void> {
    this.#records.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #apply(change: RecordChange): void {
    const name = nameOf(change.kind, change.address);
    if (change.do === 'delete') this.#records.delete(name);
    if (change.do !== 'put') return;
    const { kind, address, body, index, expect } = change;
    this.#records.set(name, { kind, ...address, ...index, body, revision: expect + 1 } as Held);
  }

  #all(kind: RecordKind): Held[] {
    return [...this.#records.values()].filter((record) => record.kind === kind);
  }
}

function nameOf(kind: RecordKind, { scope, id }: RecordAddress): string {
  return `${kind} ${scope} ${id}`;
}
