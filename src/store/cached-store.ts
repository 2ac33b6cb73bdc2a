/**
 * Records of a file or a database, durable when a commit resolves, served from memory. The source answers in the order
 * of asking, and what an answer tells is remembered in the turn in which it arrives; so memory holds the last
 * committed state, or nothing. Where others write too, the source tells of it, and an answer that was asked for before
 * is not remembered. Never trusts a caller with its copy of a body.
 */
import { getHeapStatistics } from 'node:v8';
import type { Log } from '../domain/ports/log.ts';
import {
  type LazyKind,
  type ListOptions,
  type RecordAddress,
  type RecordBodies,
  type RecordChange,
  type RecordKind,
  type RecordStore,
  StoreConflict,
  type StoredRecord,
  StoreFailure,
} from '../domain/ports/record-store.ts';
import { Disturbances } from './disturbances.ts';
import { KeptRecords, recordOf, type StoredText } from './kept-records.ts';
import type { Row, TextChange } from './messages.ts';
import { ReadQueue } from './read-queue.ts';
import { bodyText } from './record-body.ts';
import { recordKey } from './record-key.ts';
import type { RecordSource, SourceEvents } from './record-source.ts';
import { requireAddress, requireSound } from './require-sound.ts';
import { WriteQueue } from './write-queue.ts';

export interface CachedStoreOptions {
  readonly source: (events: SourceEvents) => RecordSource;
  readonly log: Log;
  /** How much memory remembers, in characters of JSON, each of which takes a byte or two. */
  readonly cacheChars?: number;
  /** How long `later` may leave a record in memory alone, in milliseconds. */
  readonly lazyMs?: number;
}

export class CachedStore implements RecordStore {
  readonly #source: RecordSource;
  readonly #reads: ReadQueue;
  readonly #writes: WriteQueue;
  readonly #cache: KeptRecords;
  /** One question for each record, however many want it. */
  readonly #asked = new Map<string, Promise<StoredRecord<RecordKind> | undefined>>();
  readonly #log: Log;
  /** When each commit was asked for, as a count of disturbances. */
  readonly #asOf = new WeakMap<readonly TextChange[], number>();
  readonly #disturbances = new Disturbances();
  #hears = true;
  #closed = false;

  constructor(options: CachedStoreOptions) {
    const { source, log, cacheChars = CACHE_CHARS, lazyMs = LAZY_MS } = options;
    this.#log = log;
    this.#cache = new KeptRecords(cacheChars);
    this.#source = source({
      changed: (keys) => this.#forget(keys),
      allChanged: () => this.#forgetAll(),
      heard: (hears) => {
        this.#hears = hears;
        this.#forgetAll();
      },
    });
    this.#reads = new ReadQueue(this.#source);
    this.#writes = new WriteQueue({
      source: this.#source,
      lazyMs,
      onCommitted: (changes) => this.#rememberAll(changes),
      onReset: () => this.#forgetAll(),
    });
  }

  open(): Promise<void> {
    return this.#source.open();
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
    if (this.#closed || !this.#hears) return 'unknown';
    const known = this.#cache.get(recordKey(kind, address), kind, address);
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
    const texts = changes.map(textChange);
    this.#asOf.set(texts, this.#disturbances.now);
    try {
      await this.#writes.commit(texts);
    } catch (error) {
      // What memory has may be what was wrong: whoever reads again must not read the same.
      if (error instanceof StoreConflict) this.#forget(texts.map((change) => recordKey(change.kind, change)));
      throw error;
    }
  }

  later<K extends LazyKind>(kind: K, address: RecordAddress, body: RecordBodies[K]): void {
    requireAddress(address);
    if (this.#closed) return;
    const { scope, id } = address;
    const text = bodyText(body);
    this.#writes.later({ kind, scope, id, text });
    const known = this.#hears ? this.#cache.revision(recordKey(kind, address)) : undefined;
    if (known === undefined) return;
    const stored = known.record && { revision: known.record.revision, text };
    this.#remember(kind, address, stored, this.#disturbances.now);
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
    await this.#source.close();
    this.#cache.clear();
  }

  #ask(key: string, kind: RecordKind, address: RecordAddress): Promise<StoredRecord<RecordKind> | undefined> {
    const { scope, id } = address;
    const asOf = this.#disturbances.now;
    const asked = this.#reads
      .ask('get', { kind, scope, id }, (row) => {
        const latest = this.#latest(key, row);
        // Before memory has it: what cannot be read is asked for again.
        const record = latest && recordOf(kind, address, latest);
        this.#keep(key, asOf, latest, record);
        return record;
      })
      .finally(() => {
        if (this.#asked.get(key) === asked) this.#asked.delete(key);
      });
    this.#asked.set(key, asked);
    return asked;
  }

  /** Lazy records that a question is about have to be in the database first. */
  async #settle(kind: RecordKind): Promise<void> {
    this.#requireOpen();
    if (kind === ('usage' satisfies LazyKind)) await this.#writes.flush();
  }

  #forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#disturbances.note(key);
      this.#cache.forget(key);
      this.#asked.delete(key);
    }
  }

  #forgetAll(): void {
    this.#disturbances.noteAll();
    this.#cache.clear();
    this.#asked.clear();
  }

  #rememberAll(changes: readonly TextChange[]): void {
    const asOf = this.#asOf.get(changes) ?? 0;
    for (const { do: what, kind, scope, id, expect, text = '' } of changes) {
      if (what === 'check') continue;
      this.#remember(kind, { scope, id }, what === 'put' ? { revision: expect + 1, text } : undefined, asOf);
    }
  }

  #remember(
    kind: RecordKind,
    { scope, id }: RecordAddress,
    stored: StoredText | undefined,
    asOf: number,
  ): void {
    const key = recordKey(kind, { scope, id });
    this.#keep(key, asOf, this.#latest(key, stored));
  }

  /** What the database has of a record, with the lazy write that has not reached it. */
  #latest(key: string, stored: StoredText | undefined): StoredText | undefined {
    const text = this.#writes.lazyText(key) ?? stored?.text;
    return text === undefined ? undefined : { revision: stored?.revision ?? 1, text };
  }

  #keep(key: string, asOf: number, latest: StoredText | undefined, record?: StoredRecord<RecordKind>): void {
    if (!this.#hears || this.#disturbances.since(key, asOf)) this.#cache.forget(key);
    else this.#cache.set(key, latest, record);
  }

  #recordOf<K extends RecordKind>(kind: K, { scope, id, revision, text }: Row): StoredRecord<K> {
    const known = this.peek(kind, { scope, id });
    if (known !== 'unknown' && known?.revision === revision) return known;
    return recordOf(kind, { scope, id }, { revision, text });
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFailure('the store is closed');
  }
}

function textChange(change: RecordChange): TextChange {
  const { kind, address, expect } = change;
  const base = { do: change.do, kind, scope: address.scope, id: address.id, expect };
  return change.do === 'put' ? { ...base, text: bodyText(change.body), ...change.index } : base;
}

/** Of a heap of 4 GB, 268 million: 100 000 keys take less than a half of that. */
const CACHE_CHARS = Math.floor(getHeapStatistics().heap_size_limit / 16);
const LAZY_MS = 5_000;
