/** Bodies of records as JSON text: every store keeps a copy, so that nobody can change a record behind its back. */
import type { RecordBodies, RecordKind } from '../domain/ports/record-store.ts';

export function bodyText(body: RecordBodies[RecordKind]): string {
  return JSON.stringify(body);
}

/** A body that nobody else has, frozen to its leaves: all readers share it. */
export function bodyOf<K extends RecordKind>(text: string): RecordBodies[K] {
  return frozen(JSON.parse(text) as RecordBodies[K]);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
