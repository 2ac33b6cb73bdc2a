/** Waiting times between attempts to start a host: 0.2 s, doubled up to 30 s, reset by a success. */
export class Backoff {
  #failures = 0;

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const waitMs = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    return waitMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}

const FIRST_MS = 200;
const LONGEST_MS = 30_000;
