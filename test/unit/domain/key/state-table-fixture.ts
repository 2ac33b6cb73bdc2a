/** The expectations of test/fixtures/state-table.json, one row for each operation and state, and for each kind of key. */
import fixture from '../../../fixtures/state-table.json' with { type: 'json' };

export const STATES = fixture.states;

/** What the reference says of an operation on a key in a state: `ok`, `-`, or the fault's name and text. */
export interface ExpectedOutcome {
  readonly operation: string;
  readonly state: string;
  readonly expected: string;
}

export const EXPECTED_OUTCOMES: readonly ExpectedOutcome[] = fixture.rows.flatMap((row) =>
  row.operations.flatMap((operation) =>
    fixture.states.map((state) => ({
      operation,
      state,
      expected: cell(row, state),
    })),
  ),
);

export const EXPECTED_OF_KINDS = fixture.kinds.rows.flatMap(({ operations, ...kinds }) =>
  operations.flatMap((operation) =>
    Object.entries(kinds).map(([kind, expected]) => ({ operation, kind, expected })),
  ),
);

function cell(row: object, state: string): string {
  return (row as Record<string, string>)[state] ?? 'missing';
}
