/** Records for tests of stores. Settings hold anything, so most are those. */
import type { KeyRecord } from '../../../src/domain/key/key-record.ts';
import type {
  RecordAddress,
  RecordChange,
  RecordIndex,
  UsageRecord,
} from '../../../src/domain/ports/record-store.ts';

export const SCOPE = '111122223333/eu-north-1';

export function at(id: string, scope = SCOPE): RecordAddress {
  return { scope, id };
}

/** Puts a setting whose body is `{ value }`. */
export function put(
  address: RecordAddress,
  value: unknown,
  expect: number,
  index?: RecordIndex,
): RecordChange {
  return { do: 'put', kind: 'setting', address, body: { value }, expect, ...(index && { index }) };
}

export function remove(address: RecordAddress, expect: number): RecordChange {
  return { do: 'delete', kind: 'setting', address, expect };
}

export function check(address: RecordAddress, expect: number): RecordChange {
  return { do: 'check', kind: 'setting', address, expect };
}

export function usage(operation: UsageRecord['operation'], atMs = 1): UsageRecord {
  return { operation, atMs, requestId: '5f9fb6a1-0000-4000-8000-000000000000' };
}

export function keyRecord(keyId: string, overrides: Partial<KeyRecord> = {}): KeyRecord {
  return {
    account: '111122223333',
    region: 'eu-north-1',
    keyId,
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    state: 'Enabled',
    createdMs: 1_700_000_000_000,
    description: '',
    policy: '{}',
    tags: [],
    materials: [],
    rotation: { enabled: false, periodDays: 365, onDemandCount: 0 },
    ...overrides,
  };
}
