/** A quota of requests: a bucket that fills at a steady rate and empties by one for each request. */
import type { Quota } from './key-store.ts';

/** Starts full. Times are on the clock's monotonic scale. */
export class TokenBucket {
  readonly quota: Quota;
  #level: number;
  #updatedMs: number;

  constructor(quota: Quota, nowMs: number) {
    this.quota = quota;
    this.#level = quota.burst;
    this.#updatedMs = nowMs;
  }

  /**
   * Takes one request's worth; false when the bucket holds less, and then nothing is taken.
   * @req X-11 X-56
   */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#updatedMs);
    this.#level = Math.min(this.quota.burst, this.#level + (elapsedMs / 1000) * this.quota.perSecond);
    this.#updatedMs += elapsedMs;
    if (this.#level < 1) return false;
    this.#level -= 1;
    return true;
  }
}
