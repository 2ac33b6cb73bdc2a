/**
 * What memory keeps of a database: the text of many records, and of those that are asked for again and again what it says.
 * A text is one object for the garbage collector, and what it says two dozen: with 100 000 keys as objects, each
 * collection stopped the engine for a tenth of a second, and all of them took 7 % of its time.
 */
import type { RecordAddress, RecordKind, StoredRecord } from '../domain/ports/record-store.ts';
import { bodyOf } from './record-body.ts';
import { type Known, RecordCache } from './record-cache.ts';

export interface StoredText {
  readonly revision: number;
  readonly text: string;
}

export class KeptRecords {
  readonly #texts: RecordCache<StoredText>;
  readonly #records: RecordCache<StoredRecord<RecordKind>>;

  /** In characters of JSON. */
  constructor(maxChars: number) {
    this.#texts = new RecordCache(maxChars);
    this.#records = new RecordCache(Math.min(maxChars, MAX_CHARS_OF_RECORDS));
  }

  /** Undefined when memory does not know whether there is such a record. */
  get(key: string, kind: RecordKind, address: RecordAddress): Known<StoredRecord<RecordKind>> | undefined {
    const ready = this.#records.get(key);
    if (ready !== undefined) return ready;
    const known = this.#texts.get(key);
    if (known?.record === undefined) return known as undefined | { record: undefined };
    const record = recordOf(kind, address, known.record);
    this.#records.set(key, record, known.record.text.length);
    return { record };
  }

  /** Of which revision the record is, without a look at what it says. */
  revision(key: string): Known<{ readonly revision: number }> | undefined {
    return this.#records.get(key) ?? this.#texts.get(key);
  }

  /** Undefined: that there is no such record. `record` is what the text says, for whoever has it at hand. */
  set(key: string, stored: StoredText | undefined, record?: StoredRecord<RecordKind>): void {
    const chars = stored?.text.length ?? 0;
    this.#texts.set(key, stored, chars);
    if (record === undefined) this.#records.forget(key);
    else this.#records.set(key, record, chars);
  }

  forget(key: string): void {
    this.#records.forget(key);
    this.#texts.forget(key);
  }

  clear(): void {
    this.#records.clear();
    this.#texts.clear();
  }
}

/** Frozen to its leaves. */
export function recordOf<K extends RecordKind>(
  kind: K,
  { scope, id }: RecordAddress,
  { revision, text }: StoredText,
): StoredRecord<K> {
  return Object.freeze({ kind, scope, id, revision, body: bodyOf<K>(text) });
}

/** Some thousands of keys. */
const MAX_CHARS_OF_RECORDS = 16 * 1_024 * 1_024;
