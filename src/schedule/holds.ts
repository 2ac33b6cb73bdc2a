/** Records whose job failed, and until when they are left alone. Any change of the record ends that. */
import type { Clock } from '../domain/ports/clock.ts';
import type { RecordKind } from '../domain/ports/record-store.ts';

export class Holds {
  readonly #clock: Clock;
  readonly #held = new Map<string, Hold>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(kind: RecordKind): number {
    return [...this.#held.values()].filter((hold) => hold.kind === kind).length;
  }

  holds(key: string, revision: number): boolean {
    const hold = this.#held.get(key);
    return hold !== undefined && hold.revision === revision && hold.untilMs > this.#clock.monotonicMs();
  }

  /** Twice as long with each failure of one revision; says how long, in milliseconds. */
  hold(kind: RecordKind, key: string, revision: number): number {
    const before = this.#held.get(key);
    const failures = before?.revision === revision ? before.failures + 1 : 1;
    const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
    this.#held.set(key, { kind, revision, failures, untilMs: this.#clock.monotonicMs() + waitMs });
    return waitMs;
  }

  release(key: string): void {
    this.#held.delete(key);
  }

  /** Forgets those of a kind that are not due any more. */
  keepOnly(kind: RecordKind, dueKeys: readonly string[]): void {
    const due = new Set(dueKeys);
    for (const [key, hold] of this.#held) {
      if (hold.kind === kind && !due.has(key)) this.#held.delete(key);
    }
  }
}

interface Hold {
  readonly kind: RecordKind;
  readonly revision: number;
  readonly failures: number;
  readonly untilMs: number;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;
