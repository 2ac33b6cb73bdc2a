import { describe, expect, it, test } from 'vitest';
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';
import { type FitnessRefusal, unfitFor } from '../../../../src/domain/key/operation-fitness.ts';
import type { KmsOperationName } from '../../../../src/domain/kms/api/operations.ts';
import model from '../../../../src/edge/kms/model.json' with { type: 'json' };
import { keyRecord } from './samples.ts';
import { EXPECTED_OF_KINDS } from './state-table-fixture.ts';

describe('which kinds of key an operation takes', () => {
  test.for(EXPECTED_OF_KINDS)('$operation with a key that is $kind: $expected', (row) => {
    const key = keyRecord(KINDS[row.kind as keyof typeof KINDS]);
    expect(text(unfitFor(row.operation as KmsOperationName, key))).toBe(row.expected);
  });

  it('is a question of the key for the operations that the reference names, and for no others', () => {
    const named = new Set(EXPECTED_OF_KINDS.map(({ operation }) => operation));
    const choosy = Object.keys(model.operations).filter((name) =>
      Object.values(KINDS).some((kind) => unfitFor(name as KmsOperationName, keyRecord(kind)) !== undefined),
    );
    expect(choosy.toSorted()).toEqual([...named].toSorted());
  });

  it('the spec is asked before the origin', () => {
    const imported = keyRecord({ ...KINDS.asymmetric, origin: 'EXTERNAL' });
    expect(text(unfitFor('EnableKeyRotation', imported))).toBe('UnsupportedOperationException');
  });
});

function text(refusal: FitnessRefusal | undefined): string {
  if (refusal === undefined) return 'ok';
  return [refusal.fault, ...(refusal.says === undefined ? [] : [refusal.says('<ARN>')])].join(': ');
}

const KINDS = {
  symmetric: {},
  asymmetric: { spec: 'RSA_2048', usage: 'SIGN_VERIFY' },
  HMAC: { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' },
  imported: { origin: 'EXTERNAL' },
  'in CloudHSM': { origin: 'AWS_CLOUDHSM' },
  external: { origin: 'EXTERNAL_KEY_STORE' },
  'multi-Region': { multiRegion: true },
} as const satisfies Record<string, Partial<KeyRecord>>;
