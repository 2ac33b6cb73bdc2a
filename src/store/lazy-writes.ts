/** Bodies that need not be on the disk at once: the newest of each record, until a batch takes it there. */
import type { LazyWrite } from './messages.ts';

export class LazyWrites {
  /** In the order in which the records were first written; a newer body keeps the place. */
  #pending = new Map<string, Placed>();
  /** On its way to the disk. */
  #flying = new Map<string, Placed>();
  #last = 0;

  get size(): number {
    return this.#pending.size;
  }

  /** How many writes there have been: what {@link isWritten} takes. */
  get place(): number {
    return this.#last;
  }

  add(key: string, write: LazyWrite): void {
    const place = this.#pending.get(key)?.place ?? ++this.#last;
    this.#pending.set(key, { place, write });
  }

  /** The newest body that the database may not have. */
  textOf(key: string): string | undefined {
    return (this.#pending.get(key) ?? this.#flying.get(key))?.write.text;
  }

  /** For a batch: these if there are any, and then so many of the others, the oldest first. */
  take(keys: Iterable<string>, others: number): LazyWrite[] {
    for (const key of keys) this.#fly(key);
    for (const key of this.#pending.keys()) {
      if (this.#flying.size >= others) break;
      this.#fly(key);
    }
    return [...this.#flying.values()].map(({ write }) => write);
  }

  landed(): void {
    this.#flying.clear();
  }

  /** Nothing of the batch has happened: its writes are pending again, unless there is a newer body. */
  returned(): void {
    const pending = new Map(this.#flying);
    for (const [key, { place, write }] of this.#pending) {
      pending.set(key, { place: pending.get(key)?.place ?? place, write });
    }
    this.#pending = pending;
    this.#flying = new Map();
  }

  /** Whether all that was added up to this place is on the disk, or forgotten. */
  isWritten(place: number): boolean {
    return [this.#flying, this.#pending].every((writes) => {
      const [oldest] = writes.values();
      return oldest === undefined || oldest.place > place;
    });
  }

  forget(): void {
    this.#pending.clear();
  }

  #fly(key: string): void {
    const placed = this.#pending.get(key);
    if (placed === undefined) return;
    this.#pending.delete(key);
    this.#flying.set(key, placed);
  }
}

interface Placed {
  readonly place: number;
  readonly write: LazyWrite;
}
