/** A PostgreSQL server of a test, in a folder of its own on a Unix socket, gone with the test. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { RecordStore } from '../../../src/domain/ports/record-store.ts';
import type { PostgresServer as ServerAddress } from '../../../src/store/postgres/connection.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../../src/store/postgres/postgres-store.ts';
import { SeenLog } from '../seen-log.ts';
import type { Rig } from './store-model.ts';

/** PEM texts. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
}

export class PostgresServer {
  readonly log = new SeenLog();
  readonly #bin: string;
  readonly #folder: string;
  #databases = 0;
  #port = 5432;
  #listen = '-c listen_addresses=';
  #shared: ServerAddress | undefined;

  private constructor(bin: string, folder: string) {
    this.#bin = bin;
    this.#folder = folder;
  }

  /** Undefined where there is no PostgreSQL. */
  static async start(): Promise<PostgresServer | undefined> {
    const [bin] = globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed();
    if (bin === undefined || !existsSync(join(bin, 'initdb'))) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-pg-'));
    if (process.getuid?.() === 0) chownSync(folder, idOf('-u'), idOf('-g'));
    const server = new PostgresServer(bin, folder);
    server.#run('initdb', [
      '-D',
      server.#data,
      '-A',
      'trust',
      '-U',
      'portcullis',
      '--no-sync',
      '--locale=C',
      '-E',
      'UTF8',
    ]);
    server.up();
    return server;
  }

  up(): void {
    const options = `${this.#listen} -c unix_socket_directories=${this.#folder} -c fsync=off -c max_connections=60`;
    this.#run('pg_ctl', ['-D', this.#data, '-w', '-l', join(this.#folder, 'log'), '-o', options, 'start']);
  }

  /**
   * From now on also at this port of 127.0.0.1, to who comes with TLS and its password (SCRAM-SHA-256), or as user
   * `certified` with a certificate of that name by `clientCa` and no password.
   */
  listenWithTls(identity: ServerIdentity, port: number): void {
    const file = (name: string) => join(this.#data, name);
    writeFileSync(file('server.crt'), identity.cert);
    writeFileSync(file('clients.crt'), identity.clientCa);
    writeFileSync(file('server.key'), identity.key, { mode: 0o600 });
    if (process.getuid?.() === 0)
      for (const name of ['server.crt', 'clients.crt', 'server.key'])
        chownSync(file(name), idOf('-u'), idOf('-g'));
    writeFileSync(file('pg_hba.conf'), TLS_RULES);
    const files = `-c ssl_cert_file=${file('server.crt')} -c ssl_key_file=${file('server.key')} -c ssl_ca_file=${file('clients.crt')}`;
    this.#listen = `-c listen_addresses=127.0.0.1 -c port=${port} -c ssl=on ${files}`;
    this.#port = port;
    this.crash();
    this.up();
  }

  /** As a power cut does. */
  crash(): void {
    this.#run('pg_ctl', ['-D', this.#data, '-w', '-m', 'immediate', 'stop']);
  }

  stop(): void {
    this.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A new database. */
  async database(): Promise<ServerAddress> {
    this.#databases += 1;
    const database = `records${this.#databases}`;
    await this.query('postgres', `CREATE DATABASE ${database} TEMPLATE template0`);
    return { host: this.#folder, port: this.#port, database, user: 'portcullis' };
  }

  async query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: this.#folder, port: this.#port, database, user: 'portcullis' });
    await client.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  open(server: ServerAddress, options: Partial<PostgresStoreOptions> = {}): Promise<RecordStore> {
    return openPostgresStore({ server, log: this.log, ...options });
  }

  /** One at a time: they share a database, because making one takes its time. */
  async rig(options: Partial<PostgresStoreOptions>): Promise<Rig> {
    this.#shared ??= await this.database();
    await this.query(this.#shared.database, 'DROP TABLE IF EXISTS records, portcullis_schema');
    const store = await this.open(this.#shared, options);
    return { store, [Symbol.dispose]: () => undefined };
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  /** PostgreSQL refuses to run as root. */
  #run(program: string, args: readonly string[]): void {
    const command = join(this.#bin, program);
    const root = process.getuid?.() === 0;
    const [file, all] = root
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args]]
      : [command, args];
    execFileSync(file as string, all as string[], { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#folder });
  }
}

const TLS_RULES = `local all all trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
`;

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));
}
