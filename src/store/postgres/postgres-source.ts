/**
 * Asks a server for records over one connection, one request after another, and makes another connection when it is
 * lost. What was asked of a lost one fails, and may or may not have happened.
 */
import type { Client } from 'pg';
import type { Log } from '../../domain/ports/log.ts';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import type { WorkerRequest } from '../messages.ts';
import type { RecordSource, Reply, SourceEvents } from '../record-source.ts';
import { ChangeListener } from './change-listener.ts';
import { connect, destroy, isRefusal, type PostgresServer, serverName, serverReason } from './connection.ts';
import { answerRead } from './record-queries.ts';
import { migrate } from './schema.ts';
import { SHARE_PLACE, TAKE_PLACE } from './statements.ts';
import { removeAll, writeBatch } from './write-batch.ts';

export interface PostgresSourceOptions {
  readonly server: PostgresServer;
  readonly log: Log;
  readonly events: SourceEvents;
  /** No engine may use the database meanwhile. */
  readonly alone?: boolean;
}

export class PostgresSource implements RecordSource {
  readonly #options: PostgresSourceOptions;
  readonly #listener: ChangeListener;
  readonly #waiting: Asked[] = [];
  /** Undefined between a loss and the next connection. */
  #client: Client | undefined;
  #reason = 'it is not open yet';
  #busy = false;
  #closing = false;
  #drained: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;
  #delayMs = FIRST_DELAY_MS;

  constructor(options: PostgresSourceOptions) {
    this.#options = options;
    this.#listener = new ChangeListener(options);
  }

  async open(): Promise<void> {
    try {
      await this.#connect();
      await this.#listener.open();
    } catch (cause) {
      await this.close();
      throw this.#failure(serverReason(cause), cause);
    }
  }

  ask(request: WorkerRequest, reply: Reply): void {
    if (this.#client === undefined || this.#closing) {
      reply.failed(this.#failure(this.#closing ? 'it is closed' : this.#reason));
      return;
    }
    this.#waiting.push({ request, reply });
    void this.#work();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#retry);
    if (this.#busy) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      await promise;
    }
    const client = this.#client;
    this.#client = undefined;
    await Promise.all([client?.end(), this.#listener.close()]);
  }

  async #connect(): Promise<void> {
    const client = await connect(this.#options.server, (lost, reason) => this.#lose(lost, reason));
    try {
      await takePlace(client, this.#options.alone ?? false);
      await migrate(client);
    } catch (error) {
      destroy(client);
      throw error;
    }
    this.#client = client;
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (;;) {
      const client = this.#client;
      const asked = this.#waiting.shift();
      if (client === undefined || asked === undefined) break;
      await this.#answer(client, asked);
    }
    this.#busy = false;
    this.#drained?.();
  }

  async #answer(client: Client, { request, reply }: Asked): Promise<void> {
    try {
      reply.done((await this.#perform(client, request)) as never);
    } catch (cause) {
      const recovered = isRefusal(cause) && (await isRolledBack(client));
      if (!recovered) this.#lose(client, cause);
      reply.failed(this.#failure(serverReason(cause), cause));
    }
  }

  async #perform(client: Client, request: WorkerRequest): Promise<unknown> {
    switch (request.do) {
      case 'reads': {
        const answers: unknown[] = [];
        for (const call of request.calls) answers.push(await answerRead(client, call));
        return answers;
      }
      case 'write':
        return await writeBatch(client, request.batch, this.#listener.name);
      case 'reset':
        return await removeAll(client, this.#listener.name);
      case 'close':
        return undefined;
    }
  }

  #lose(client: Client, reason: unknown): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#reason = serverReason(reason);
    const { events, log, server } = this.#options;
    // What was on its way may have happened.
    events.allChanged();
    destroy(client);
    const failure = this.#failure(this.#reason, reason);
    for (const { reply } of this.#waiting.splice(0)) reply.failed(failure);
    if (this.#closing) return;
    log.error('store.lost', { store: serverName(server), reason: this.#reason, retryMs: this.#delayMs });
    this.#tryLater();
  }

  #tryLater(): void {
    this.#retry = setTimeout(() => void this.#tryAgain(), this.#delayMs).unref();
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.#connect();
      if (this.#closing) return await this.close();
      this.#delayMs = FIRST_DELAY_MS;
      this.#options.log.info('store.recovered', { store: serverName(this.#options.server) });
    } catch (error) {
      this.#reason = serverReason(error);
      if (!this.#closing) this.#tryLater();
    }
  }

  #failure(reason: string, cause?: unknown): StoreFailure {
    return new StoreFailure(`the store ${serverName(this.#options.server)} cannot be used: ${reason}`, {
      cause,
    });
  }
}

interface Asked {
  readonly request: WorkerRequest;
  readonly reply: Reply;
}

/** Engines keep the domain's generations in memory, so those must not change under them. */
async function takePlace(client: Client, alone: boolean): Promise<void> {
  const { rows } = await client.query(alone ? TAKE_PLACE : SHARE_PLACE);
  if (rows[0].taken) return;
  throw new StoreFailure(
    alone
      ? 'an engine uses it: stop every engine first'
      : 'a command that wants no engine beside it is at work',
  );
}

/** After a refusal: nothing of the transaction has happened, and the connection can be used again. */
async function isRolledBack(client: Client): Promise<boolean> {
  return await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
