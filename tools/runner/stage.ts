/** One step of a test run: a name, and work that ends in counts. */

export interface Skip {
  readonly name: string;
  /** Empty when the test gave none, which counts as a failure. */
  readonly reason: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
  /** What failed, by name, with the first line of why. */
  readonly failures?: readonly Finding[];
  /** What failed first and passed when it was tried again. */
  readonly secondTries?: readonly Finding[];
  /** The test files that took longest, for whoever has to make the whole faster. */
  readonly slowest?: readonly TimedFile[];
}

export interface TimedFile {
  readonly name: string;
  readonly seconds: number;
}

export interface Finding {
  readonly name: string;
  readonly message: string;
}

export interface Stage {
  readonly name: string;
  /** Prints what it finds; never rejects for a finding. */
  run(): Promise<Counts>;
}

/** A stage that is one check: it passed, or it did not. */
export function check(name: string, holds: () => Promise<boolean>): Stage {
  return {
    name,
    run: async () =>
      (await holds()) ? { passed: 1, failed: 0, skips: [] } : { passed: 0, failed: 1, skips: [] },
  };
}
