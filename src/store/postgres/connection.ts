/**
 * Connections to the server: how they are made, what every session is set to, and what their faults are called. The
 * server is trusted with the records, not with key material in the clear, and it proves itself only with TLS.
 */
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import type { Secret } from '../../domain/secret.ts';

export interface PostgresServer {
  /** Name or address, or the absolute path of the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Absent: the server knows the user otherwise, by its Unix account or its certificate. */
  readonly password?: Secret;
  /** PEM texts. Absent: no TLS. The certificate of the server must be good for `host`. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/**
 * Not connected when the promise rejects, with what the server, the network or TLS says. A connection that is lost later
 * calls `onLost`, perhaps twice.
 */
export async function connect(
  server: PostgresServer,
  onLost: (client: Client, reason: Error) => void,
): Promise<Client> {
  const client = new Client(clientConfig(server));
  client.on('error', (reason) => onLost(client, reason));
  client.on('end', () => onLost(client, new Error('the server ended the connection')));
  try {
    await client.connect();
    await client.query(SESSION);
    return client;
  } catch (error) {
    destroy(client);
    throw error;
  }
}

/** Without waiting for a server that may not answer. */
export function destroy(client: Client): void {
  void client.end().catch(() => undefined);
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** Whether the server refused this one request, and the connection goes on. */
export function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.severity === 'ERROR';
}

/** For an operator; quotes no values. */
export function serverReason(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.message} (SQLSTATE ${error.code ?? 'unknown'})`;
  if (error instanceof AggregateError) return error.errors.map((each) => serverReason(each)).join('; ');
  return error instanceof Error ? error.message : String(error);
}

export function serverName({ host, port, database }: PostgresServer): string {
  return `postgresql://${host}:${port}/${database}`;
}

/** Everything is said here, so that PG… variables and files of the environment say nothing. */
function clientConfig({ host, port, database, user, password, tls }: PostgresServer): ClientConfig {
  return {
    host,
    port,
    database,
    user,
    // A function, so that no client keeps the text; never the one of ~/.pgpass.
    password: () => password?.reveal() ?? '',
    ssl: tls === undefined ? false : { ...tls, ...proofFor(host) },
    application_name: 'portcullis',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: QUERY_MS,
    // Of an engine that stands still: others wait for its lock no longer than this.
    idle_in_transaction_session_timeout: STATEMENT_MS,
  };
}

/** Against the host as configured: the driver leaves an address out, and the certificate would be held to `localhost`. */
function proofFor(host: string): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  };
}

const CONNECT_MS = 5_000;
const STATEMENT_MS = 8_000;
/** The server has given up by then, or cannot be reached. */
const QUERY_MS = 10_000;
/** Waiting for the disk may have been switched off for the database or the user; a stronger setting stays. */
const SESSION = `
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
  SET default_transaction_isolation = 'read committed'`;
