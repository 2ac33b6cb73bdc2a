/**
 * Records in a SQLite file: durable when a commit resolves, served from memory. The database belongs to a worker thread
 * that answers in the order of asking, and what an answer tells is remembered in the turn in which it arrives; so
 * memory always holds the last committed state, or nothing. Never trusts a caller with its copy of a body.
 */
import { getHeapStatistics } from 'node:v8';
import type { Log } from '../../domain/ports/log.ts';
import {
  type LazyKind,
  type ListOptions,
  type RecordAddress,
  type RecordBodies,
  type RecordChange,
  type RecordKind,
  type RecordStore,
  type StoredRecord,
  StoreFailure,
} from '../../domain/ports/record-store.ts';
import { bodyOf, bodyText } from '../record-body.ts';
import { recordKey } from '../record-key.ts';
import { requireAddress, requireSound } from '../require-sound.ts';
import type { Row, TextChange } from './messages.ts';
import { ReadQueue } from './read-queue.ts';
import { RecordCache } from './record-cache.ts';
import { type SpawnStoreWorker, StoreWorker } from './store-worker.ts';
import { WriteQueue } from './write-queue.ts';

export interface SqliteStoreOptions {
  /** Made where there is none. Used by one store at a time. */
  readonly file: string;
  readonly log: Log;
  /** How much memory remembers, in characters of JSON; the heap takes about three bytes for each. */
  readonly cacheChars?: number;
  /** How long `later` may leave a record in memory alone, in milliseconds. */
  readonly lazyMs?: number;
  readonly spawn?: SpawnStoreWorker;
}

/** Rejects with a {@link StoreFailure} that says why the file cannot be used. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<RecordStore> {
  const store = new SqliteStore(options);
  await store.open();
  return store;
}

class SqliteStore implements RecordStore {
  readonly #worker: StoreWorker;
  readonly #reads: ReadQueue;
  readonly #writes: WriteQueue;
  readonly #cache: RecordCache<StoredRecord<RecordKind>>;
  /** One question for each record, however many want it. */
  readonly #asked = new Map<string, Promise<StoredRecord<RecordKind> | undefined>>();
  readonly #log: Log;
  #closed = false;

  constructor(options: SqliteStoreOptions) {
    const { file, log, spawn, cacheChars = CACHE_CHARS, lazyMs = LAZY_MS } = options;
    this.#log = log;
    this.#cache = new RecordCache(cacheChars);
    const forget = (): void => this.#cache.clear();
    this.#worker = new StoreWorker({ file, log, ...(spawn && { spawn }), onLost: forget });
    this.#reads = new ReadQueue(this.#worker);
    this.#writes = new WriteQueue({
      worker: this.#worker,
      lazyMs,
      onCommitted: (changes) => this.#rememberAll(changes),
      onReset: forget,
    });
  }

  open(): Promise<void> {
    return this.#worker.open();
  }

  async get<K extends RecordKind>(kind: K, address: RecordAddress): Promise<StoredRecord<K> | undefined> {
    this.#requireOpen();
    const known = this.peek(kind, address);
    if (known !== 'unknown') return known;
    requireAddress(address);
    const key = recordKey(kind, address);
    const asked = this.#asked.get(key) ?? this.#ask(key, kind, address);
    return (await asked) as StoredRecord<K> | undefined;
  }

  peek<K extends RecordKind>(kind: K, address: RecordAddress): StoredRecord<K> | undefined | 'unknown' {
    if (this.#closed) return 'unknown';
    const known = this.#cache.get(recordKey(kind, address));
    return known === undefined ? 'unknown' : (known.record as StoredRecord<K> | undefined);
  }

  async list<K extends RecordKind>(kind: K, scope: string, options: ListOptions): Promise<StoredRecord<K>[]> {
    await this.#settle(kind);
    const asks = { ...options, kind, scope };
    return await this.#reads.ask('list', asks, (rows) => rows.map((row) => this.#recordOf(kind, row)));
  }

  async count(kind: RecordKind, scope: string, owner?: string): Promise<number> {
    await this.#settle(kind);
    const asks = { kind, scope, ...(owner !== undefined && { owner }) };
    return await this.#reads.ask('count', asks, (count) => count);
  }

  async due<K extends RecordKind>(kind: K, untilMs: number, limit: number): Promise<StoredRecord<K>[]> {
    await this.#settle(kind);
    const asks = { kind, untilMs, limit };
    return await this.#reads.ask('due', asks, (rows) => rows.map((row) => this.#recordOf(kind, row)));
  }

  async nextDueMs(kind: RecordKind): Promise<number | undefined> {
    await this.#settle(kind);
    return await this.#reads.ask('nextDueMs', { kind }, (dueMs) => dueMs);
  }

  async scopes(kind: RecordKind): Promise<string[]> {
    await this.#settle(kind);
    return await this.#reads.ask('scopes', { kind }, (scopes) => scopes);
  }

  async commit(changes: readonly RecordChange[]): Promise<void> {
    this.#requireOpen();
    requireSound(changes);
    await this.#writes.commit(changes.map(textChange));
  }

  later<K extends LazyKind>(kind: K, address: RecordAddress, body: RecordBodies[K]): void {
    requireAddress(address);
    if (this.#closed) return;
    const { scope, id } = address;
    const text = bodyText(body);
    this.#writes.later({ kind, scope, id, text });
    const known = this.peek(kind, address);
    if (known !== 'unknown') this.#remember(kind, address, known && { revision: known.revision, text });
  }

  async reset(): Promise<void> {
    this.#requireOpen();
    await this.#writes.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writes.flush().catch((error: unknown) => this.#log.warn('store.usage-lost', { error }));
    await this.#writes.drain();
    await this.#worker.close();
    this.#cache.clear();
  }

  #ask(key: string, kind: RecordKind, address: RecordAddress): Promise<StoredRecord<RecordKind> | undefined> {
    const { scope, id } = address;
    const asked = this.#reads
      .ask('get', { kind, scope, id }, (row) => this.#remember(kind, address, row))
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  /** Lazy records that a question is about have to be in the database first. */
  async #settle(kind: RecordKind): Promise<void> {
    this.#requireOpen();
    if (kind === ('usage' satisfies LazyKind)) await this.#writes.flush();
  }

  #rememberAll(changes: readonly TextChange[]): void {
    for (const { do: what, kind, scope, id, expect, text = '' } of changes) {
      if (what === 'check') continue;
      this.#remember(kind, { scope, id }, what === 'put' ? { revision: expect + 1, text } : undefined);
    }
  }

  /** What the database has of a record, with the lazy write that has not reached it. */
  #remember(
    kind: RecordKind,
    { scope, id }: RecordAddress,
    stored: { readonly revision: number; readonly text: string } | undefined,
  ): StoredRecord<RecordKind> | undefined {
    const key = recordKey(kind, { scope, id });
    const text = this.#writes.lazyText(key) ?? stored?.text;
    const record =
      text === undefined
        ? undefined
        : frozenRecord({ kind, scope, id, revision: stored?.revision ?? 1, body: bodyOf(text) });
    this.#cache.set(key, record, text?.length ?? 0);
    return record;
  }

  #recordOf<K extends RecordKind>(kind: K, { scope, id, revision, text }: Row): StoredRecord<K> {
    const known = this.peek(kind, { scope, id });
    if (known !== 'unknown' && known?.revision === revision) return known;
    return frozenRecord({ kind, scope, id, revision, body: bodyOf<K>(text) });
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFailure('the store is closed');
  }
}

function frozenRecord<K extends RecordKind>(record: StoredRecord<K>): StoredRecord<K> {
  return Object.freeze(record);
}

function textChange(change: RecordChange): TextChange {
  const { kind, address, expect } = change;
  const base = { do: change.do, kind, scope: address.scope, id: address.id, expect };
  return change.do === 'put' ? { ...base, text: bodyText(change.body), ...change.index } : base;
}

/** At three bytes each about a fifth of the heap: with 4 GB of it, more than 100 000 keys. */
const CACHE_CHARS = Math.floor(getHeapStatistics().heap_size_limit / 16);
const LAZY_MS = 5_000;
