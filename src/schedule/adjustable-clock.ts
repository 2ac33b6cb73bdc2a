/**
 * A clock that a test or a lab sets forward, for what happens at a time of day. Deadlines and durations stay real:
 * a call under way does not time out because a month was skipped.
 */
import { Bug } from '../domain/bug.ts';
import type { Clock } from '../domain/ports/clock.ts';

export class AdjustableClock implements Clock {
  readonly #base: Clock;
  #offsetMs: number;

  constructor(base: Clock, offsetMs = 0) {
    this.#base = base;
    this.#offsetMs = offsetMs;
  }

  /** How far ahead of its base it is, for whoever keeps that over a restart. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#base.monotonicMs();
  }

  /** The scheduler has to be woken afterwards. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new Bug(`a clock is advanced by ${ms} ms: it goes forward only`);
    this.#offsetMs += ms;
  }
}
