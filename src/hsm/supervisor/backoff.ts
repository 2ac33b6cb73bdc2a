/** Waiting times between attempts to start a host: 0.2 s, doubled up to a longest one, reset by a success. */
export class Backoff {
  readonly #longestMs: number;
  #failures = 0;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  /** How long to wait before the next attempt, in milliseconds. */
  next(): number {
    const waitMs = Math.min(FIRST_MS * 2 ** this.#failures, this.#longestMs);
    this.#failures += 1;
    return waitMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}

const FIRST_MS = 200;
