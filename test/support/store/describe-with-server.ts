/** Tests that need a PostgreSQL server. */
import { describe, it } from 'vitest';
import type { PostgresServer } from './postgres-server.ts';

/** A `describe` that is one counted skip where there is no server. */
export function describeWithServer(
  server: PostgresServer | undefined,
  title: string,
  tests: (server: PostgresServer) => void,
): void {
  if (server === undefined) it(title, ({ skip }) => skip(ABSENT));
  else describe(title, () => tests(server));
}

const ABSENT = 'PostgreSQL is not installed (apt-get install postgresql)';
