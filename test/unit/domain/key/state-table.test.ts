import { describe, expect, it, test } from 'vitest';
import { outcomeOf, type StateOutcome } from '../../../../src/domain/key/state-table.ts';
import type { KeyState } from '../../../../src/domain/kms/api/enums.ts';
import type { KmsOperationName } from '../../../../src/domain/kms/api/operations.ts';
import model from '../../../../src/edge/kms/model.json' with { type: 'json' };
import { EXPECTED_OUTCOMES, STATES } from './state-table-fixture.ts';

describe('the state table', () => {
  it('has an expectation for every operation of the API in every state, once', () => {
    const cells = EXPECTED_OUTCOMES.map(({ operation, state }) => `${operation} ${state}`);
    const wanted = Object.keys(model.operations).flatMap((name) => STATES.map((state) => `${name} ${state}`));
    expect(cells.toSorted()).toEqual(wanted.toSorted());
    expect(cells).toHaveLength(56 * 8);
  });

  test.for(EXPECTED_OUTCOMES.filter(({ expected }) => expected !== '-'))(
    '$operation on a key that is $state: $expected',
    ({ operation, state, expected }) => {
      expect(text(outcome(operation, state))).toBe(expected);
    },
  );

  test.for(EXPECTED_OUTCOMES.filter(({ expected }) => expected === '-'))(
    '$operation on a key that is $state, which cannot be, is refused',
    ({ operation, state }) => {
      expect(text(outcome(operation, state))).toBe('KMSInvalidStateException: <ARN> is unavailable.');
    },
  );
});

function outcome(operation: string, state: string): StateOutcome {
  return outcomeOf(operation as KmsOperationName, state as KeyState);
}

function text(result: StateOutcome): string {
  return result === 'ok' ? result : `${result.fault}: ${result.says('<ARN>')}`;
}
