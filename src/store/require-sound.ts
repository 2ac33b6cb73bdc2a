/** What every store demands of a change before it looks at it: a fault here is one of our own code. */
import { Bug } from '../domain/bug.ts';
import type { RecordAddress, RecordChange } from '../domain/ports/record-store.ts';
import { recordKey, recordName } from './record-key.ts';

/** `Bug` for a commit that names one record twice, or has a part that a store could not give back as it was. */
export function requireSound(changes: readonly RecordChange[]): void {
  const named = new Set<string>();
  for (const change of changes) {
    requireAddress(change.address);
    const key = recordKey(change.kind, change.address);
    const name = recordName(change.kind, change.address);
    if (named.has(key)) throw new Bug(`a commit names ${name} twice`);
    named.add(key);
    if (change.do !== 'put') continue;
    const { owner = '', dueMs = 0 } = change.index ?? {};
    if (!owner.isWellFormed()) throw new Bug(`the owner of ${name} is not well-formed Unicode`);
    if (!Number.isSafeInteger(dueMs)) throw new Bug(`${name} is due at ${dueMs}, which is no integer`);
  }
}

export function requireAddress({ scope, id }: RecordAddress): void {
  if (!scope.isWellFormed() || !id.isWellFormed()) {
    throw new Bug('the address of a record is not well-formed Unicode');
  }
}
