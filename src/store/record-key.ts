/** Names of records in memory, and the order of their ids. */
import type { RecordAddress, RecordKind } from '../domain/ports/record-store.ts';

/** One string for each kind and address, whatever characters they have. */
export function recordKey(kind: RecordKind, { scope, id }: RecordAddress): string {
  return `${kind}/${scope.length}/${scope}${id}`;
}

/** For a message: not unique. */
export function recordName(kind: RecordKind, { scope, id }: RecordAddress): string {
  return `${kind} '${id}' of '${scope}'`;
}

/** The order of UTF-8 bytes, which is that of code points, and not the one of JavaScript's strings. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
