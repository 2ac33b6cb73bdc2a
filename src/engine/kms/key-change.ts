/** Changes of keys in the store. */
import { dueMsOf } from '../../domain/key/key-due.ts';
import type { KeyRecord } from '../../domain/key/key-record.ts';
import { keyAddress } from '../../domain/key/record-address.ts';
import type { RecordChange, StoredRecord } from '../../domain/ports/record-store.ts';

/**
 * The key as it is to be from now on. `expect` is the revision that it was decided on, 0 for a new key; the scheduler
 * looks at it when something is due.
 */
export function keyChange(body: KeyRecord, expect: number): RecordChange {
  const dueMs = dueMsOf(body);
  return {
    do: 'put',
    kind: 'key',
    address: keyAddress(body),
    body,
    index: dueMs === undefined ? {} : { dueMs },
    expect,
  };
}

/** The key has to be still as it was found: for changes of something else that hang on it. */
export function unchangedKey({ body, revision }: StoredRecord<'key'>): RecordChange {
  return { do: 'check', kind: 'key', address: keyAddress(body), expect: revision };
}
