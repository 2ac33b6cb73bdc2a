/** What is wrong or odd in a configuration, collected so that one report names everything. */

/** Where in the file, from its root: field names and list positions. */
export type PathInFile = readonly (string | number)[];

/**
 * One problem, in words for the operator. `found` continues the path (`is missing`); `expected` and
 * `remedy` stand alone. None of them may quote a value that could be a secret.
 */
export interface Problem {
  readonly path: PathInFile;
  readonly found: string;
  readonly expected: string;
  readonly remedy?: string;
}

/** Collects problems and warnings in the order in which they are met. */
export class Findings {
  readonly #problems: Problem[] = [];
  readonly #warnings: string[] = [];

  problem(path: PathInFile, found: string, expected: string, remedy?: string): void {
    this.#problems.push(remedy === undefined ? { path, found, expected } : { path, found, expected, remedy });
  }

  warn(path: PathInFile, text: string): void {
    this.#warnings.push(`${pathText(path)}: ${text}`);
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }
}

/** `keyStores[0].keys.foo`; names that are not plain words are quoted, the root is `(the whole file)`. */
export function pathText(path: PathInFile): string {
  if (path.length === 0) return '(the whole file)';
  const parts = path.map((step, index) => {
    if (typeof step === 'number') return `[${step}]`;
    if (!PLAIN_WORD.test(step)) return `[${JSON.stringify(step.slice(0, LONGEST_STEP))}]`;
    return index === 0 ? step : `.${step}`;
  });
  return parts.join('');
}

const PLAIN_WORD = /^[A-Za-z0-9_-]{1,128}$/;
const LONGEST_STEP = 128;
