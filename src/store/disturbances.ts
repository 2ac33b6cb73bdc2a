/** Which records others have changed, and when: an answer that was asked for before must not be remembered. */
export class Disturbances {
  readonly #latest = new Map<string, number>();
  #now = 0;
  /** The last time at which any record may have changed. */
  #all = 0;

  /** A count, not a time: it grows with each disturbance. */
  get now(): number {
    return this.#now;
  }

  note(key: string): void {
    this.#now += 1;
    this.#latest.set(key, this.#now);
    if (this.#latest.size > MAX_RECORDS) this.noteAll();
  }

  noteAll(): void {
    this.#now += 1;
    this.#all = this.#now;
    this.#latest.clear();
  }

  /** Whether the record may have changed after this count. */
  since(key: string, count: number): boolean {
    return this.#all > count || (this.#latest.get(key) ?? 0) > count;
  }
}

/** More are forgotten, and then everything counts as changed. */
const MAX_RECORDS = 10_000;
