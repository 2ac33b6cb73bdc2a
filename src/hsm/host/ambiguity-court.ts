/**
 * Settles return values that may mean bad input or a broken token (SoftHSM2's CKR_GENERAL_ERROR for a wrong
 * tag, for one) by asking the token for work whose outcome is known, *after* the failure. One trial settles every case that
 * waits for it, and trials keep a distance, so that a flood of bad ciphertexts costs the token little.
 */

export class AmbiguityCourt {
  readonly #tokenIsSound: () => boolean;
  readonly #distanceMs: () => number;
  #waiting: ((tokenIsSound: boolean) => void)[] = [];
  #lastTrialMs = Number.NEGATIVE_INFINITY;

  /** `distanceMs`: least time between two trials. */
  constructor(tokenIsSound: () => boolean, distanceMs: () => number) {
    this.#tokenIsSound = tokenIsSound;
    this.#distanceMs = distanceMs;
  }

  /** Calls `settle` with the verdict of the next trial: at once, or within the distance. */
  judge(settle: (tokenIsSound: boolean) => void): void {
    this.#waiting.push(settle);
    if (this.#waiting.length > 1) return;
    const waitMs = this.#lastTrialMs + this.#distanceMs() - performance.now();
    if (waitMs <= 0) this.#hold();
    else setTimeout(() => this.#hold(), waitMs);
  }

  #hold(): void {
    this.#lastTrialMs = performance.now();
    const settled = this.#waiting;
    this.#waiting = [];
    const verdict = this.#tokenIsSound();
    for (const settle of settled) settle(verdict);
  }
}
