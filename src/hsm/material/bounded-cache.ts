/** A map that holds so many entries and no more: the one that was not asked for longest goes first. */
export class BoundedCache<V> {
  readonly #limit: number;
  readonly #onEvicted: (value: V) => void;
  /** The least recently used first. */
  readonly #entries = new Map<string, V>();

  /** `onEvicted` gets each value that leaves, however it does, {@link abandon} excepted. */
  constructor(limit: number, onEvicted: (value: V) => void) {
    this.#limit = limit;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Makes room first, so that there are never more than the limit. The key must not be there. */
  add(key: string, value: V): void {
    while (this.#entries.size >= this.#limit) {
      const oldest = this.#entries.keys().next().value;
      if (oldest === undefined) break;
      this.delete(oldest);
    }
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#onEvicted(value);
  }

  /** Forgets all entries, which are of no use to anybody any more. */
  abandon(): void {
    this.#entries.clear();
  }
}
