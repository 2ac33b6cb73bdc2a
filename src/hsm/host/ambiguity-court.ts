/**
 * Settles return values that may mean bad input or a broken token (SoftHSM2's CKR_GENERAL_ERROR for a wrong
 * tag, for one) by decrypting a known ciphertext *after* the failure. One trial settles every case that
 * waits for it, and trials keep a distance, so that a flood of bad ciphertexts costs the token little.
 */

/** Ten trials a second at most. */
export const TRIAL_DISTANCE_MS = 100;

export class AmbiguityCourt {
  readonly #canaryPasses: () => boolean;
  #waiting: ((tokenIsSound: boolean) => void)[] = [];
  #lastTrialMs = Number.NEGATIVE_INFINITY;

  constructor(canaryPasses: () => boolean) {
    this.#canaryPasses = canaryPasses;
  }

  /** Calls `settle` with the verdict of the next trial: at once, or within {@link TRIAL_DISTANCE_MS}. */
  judge(settle: (tokenIsSound: boolean) => void): void {
    this.#waiting.push(settle);
    if (this.#waiting.length > 1) return;
    const waitMs = this.#lastTrialMs + TRIAL_DISTANCE_MS - performance.now();
    if (waitMs <= 0) this.#hold();
    else setTimeout(() => this.#hold(), waitMs);
  }

  #hold(): void {
    this.#lastTrialMs = performance.now();
    const settled = this.#waiting;
    this.#waiting = [];
    const verdict = this.#canaryPasses();
    for (const settle of settled) settle(verdict);
  }
}
