/**
 * A map that holds so many entries and no more: the one that was not asked for longest goes first. The order of use is a
 * list of its own. That of the Map would do, but to move an entry there is to delete it and to add it again, and V8 keeps
 * what was deleted among the entries of the same hash until it makes the table anew: of 100 000 entries, the ten that
 * everybody asks for came to cost 30 µs each time.
 */
import { Bug } from '../../domain/bug.ts';

export class BoundedCache<V> {
  readonly #limit: number;
  readonly #onEvicted: (value: V) => void;
  readonly #entries = new Map<string, Entry<V>>();
  /** Asked for last. */
  #newest: Entry<V> | undefined;
  /** Not asked for longest. */
  #oldest: Entry<V> | undefined;

  /** `onEvicted` gets each value that leaves, however it does, {@link abandon} excepted. */
  constructor(limit: number, onEvicted: (value: V) => void) {
    this.#limit = limit;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry.value;
  }

  /** Makes room first, so that there are never more than the limit. The key must not be there. */
  add(key: string, value: V): void {
    if (this.#entries.has(key)) throw new Bug('a bounded cache has this key already');
    while (this.#oldest !== undefined && this.#entries.size >= this.#limit) this.delete(this.#oldest.key);
    const entry: Entry<V> = { key, value, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#link(entry);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#unlink(entry);
    this.#onEvicted(entry.value);
  }

  /** Forgets all entries, which are of no use to anybody any more. */
  abandon(): void {
    this.#entries.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
  }

  #link(entry: Entry<V>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ older, newer }: Entry<V>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  older: Entry<V> | undefined;
  newer: Entry<V> | undefined;
}
