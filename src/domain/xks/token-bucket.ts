/** A quota of requests: a bucket that fills at a steady rate and empties by one for each request. */
import type { Quota } from './key-store.ts';

/** Times are on the clock's monotonic scale. */
export class TokenBucket {
  readonly quota: Quota;
  #level: number;
  #updatedMs: number;

  /** `filled`: how much of the burst is there at the start, 0 … 1. */
  constructor(quota: Quota, nowMs: number, filled = 1) {
    this.quota = quota;
    this.#level = quota.burst * filled;
    this.#updatedMs = nowMs;
  }

  /** How full it is, 0 … 1. */
  filled(nowMs: number): number {
    this.#refill(nowMs);
    return this.#level / this.quota.burst;
  }

  /**
   * Takes one request's worth; false when the bucket holds less, and then nothing is taken.
   * @req X-11 X-56
   */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#level < 1) return false;
    this.#level -= 1;
    return true;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#updatedMs);
    this.#level = Math.min(this.quota.burst, this.#level + (elapsedMs / 1000) * this.quota.perSecond);
    this.#updatedMs += elapsedMs;
  }
}
