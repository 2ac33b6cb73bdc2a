/**
 * Hears what other engines change. While it does not, or cannot be sure that it does, memory must not be trusted: so it
 * asks for a sign of life every second, and says at once when there is none.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { Log } from '../../domain/ports/log.ts';
import type { SourceEvents } from '../record-source.ts';
import { connect, destroy, type PostgresServer, serverName, serverReason } from './connection.ts';
import { noticeOf } from './notices.ts';
import { CHANNEL } from './statements.ts';

export interface ChangeListenerOptions {
  readonly server: PostgresServer;
  readonly log: Log;
  readonly events: SourceEvents;
}

export class ChangeListener {
  /** Of this engine, in its own notices, which it does not need to hear. */
  readonly name = randomUUID();
  readonly #options: ChangeListenerOptions;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ChangeListenerOptions) {
    this.#options = options;
  }

  /** Rejects when the server cannot be reached. */
  async open(): Promise<void> {
    const client = await connect(this.#options.server, (lost, reason) => this.#lose(lost, reason));
    client.on('notification', ({ payload }) => this.#hear(payload));
    this.#client = client;
    await client.query(`LISTEN ${CHANNEL}`);
    if (this.#client !== client) throw new Error('the connection was lost while it was being made');
    this.#options.events.heard(true);
    this.#pingSoon(client);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  #hear(payload: string | undefined): void {
    const { writer, keys } = noticeOf(payload);
    if (writer === this.name) return;
    if (keys === 'all') this.#options.events.allChanged();
    else this.#options.events.changed(keys);
  }

  #pingSoon(client: Client): void {
    this.#timer = setTimeout(() => void this.#ping(client), PING_MS).unref();
  }

  async #ping(client: Client): Promise<void> {
    const late = setTimeout(() => this.#lose(client, new Error('no sign of life')), PONG_MS);
    try {
      await client.query('SELECT 1');
      if (this.#client === client) this.#pingSoon(client);
    } catch (error) {
      this.#lose(client, error);
    } finally {
      clearTimeout(late);
    }
  }

  #lose(client: Client, reason: unknown): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    const { events, log, server } = this.#options;
    events.heard(false);
    log.warn('store.unheard', { store: serverName(server), reason: serverReason(reason), retryMs: RETRY_MS });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tryAgain(), RETRY_MS).unref();
    destroy(client);
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.open();
      if (this.#closed) await this.close();
      this.#options.log.info('store.heard', { store: serverName(this.#options.server) });
    } catch {
      if (!this.#closed) this.#timer = setTimeout(() => void this.#tryAgain(), RETRY_MS).unref();
    }
  }
}

const PING_MS = 1_000;
const PONG_MS = 2_000;
const RETRY_MS = 500;
