/** Every label value is a time series for ever: these keep their number bounded. */

/** The value if the set knows it, else `other`. */
export function closedLabel(value: string, known: ReadonlySet<string>): string {
  return known.has(value) ? value : OTHER;
}

/** Values that configuration or code chooses: the first `limit` distinct ones are kept, later ones become `other`. */
export class BoundedLabel {
  readonly #limit: number;
  readonly #seen = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  value(value: string): string {
    if (this.#seen.has(value)) return value;
    if (this.#seen.size >= this.#limit) return OTHER;
    this.#seen.add(value);
    return value;
  }
}

const OTHER = 'other';
