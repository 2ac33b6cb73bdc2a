/** What SQLite says when it fails: https://sqlite.org/rescode.html */

/** Whether the primary result code of an error is this one. */
export function isSqliteError(error: unknown, code: number): boolean {
  return sqliteCode(error) === code;
}

/** In words for an operator. */
export function sqliteReason(error: unknown): string {
  const known = REASONS[sqliteCode(error) ?? -1];
  const text = error instanceof Error ? error.message : String(error);
  return known === undefined ? text : `${known} (${text})`;
}

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  // The low byte is the primary code.
  return typeof code === 'number' ? code & 0xff : undefined;
}

export const SQLITE_BUSY = 5;
const REASONS: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: 'another program has locked it',
  8: 'this process may not write it',
  10: 'the disk reports an error',
  11: 'it is damaged: restore a backup',
  13: 'the disk is full: make room, and it goes on',
  14: 'it cannot be opened',
  26: 'it is not a SQLite database',
};
