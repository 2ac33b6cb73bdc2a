/**
 * An {@link Exchange} over Node's request and response. Answers are one `writeHead` and one `end`;
 * an answer that comes before the body has been read also decides what becomes of the connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Bug } from '../../domain/bug.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { type AnnouncedBody, announcedBody, collectBody } from './body-reader.ts';
import type { ClientConnection, UnfinishedExchange } from './client-connection.ts';
import { BodyTooLarge, type Exchange, type ReplyOptions } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import type { ReplyBurst } from './reply-burst.ts';

/** What an exchange needs to know of its listener. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly limits: HttpLimits;
  /** True once the listener drains: every answer is then the last of its connection. */
  readonly draining: () => boolean;
  readonly tlsClientSubject: string | undefined;
  readonly connection: ClientConnection;
  readonly burst: ReplyBurst;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean;
}

export class HttpExchange implements Exchange, UnfinishedExchange {
  readonly method: string;
  readonly rawUrl: string;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string;
  readonly tlsClientSubject: string | undefined;
  readonly startedMs: number;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: ExchangeContext;
  readonly #announced: AnnouncedBody;
  #reading = false;
  #bodyEndMs: number | undefined;
  #replied = false;

  constructor(request: IncomingMessage, response: ServerResponse, rawUrl: string, context: ExchangeContext) {
    this.startedMs = context.clock.monotonicMs();
    this.method = request.method ?? '';
    this.rawUrl = rawUrl;
    this.rawHeaders = request.rawHeaders;
    this.remoteAddress = request.socket.remoteAddress ?? '';
    this.tlsClientSubject = context.tlsClientSubject;
    this.#request = request;
    this.#response = response;
    this.#context = context;
    this.#announced = announcedBody(request);
  }

  get bodyEndMs(): number | undefined {
    return this.#bodyEndMs;
  }

  get replied(): boolean {
    return this.#replied;
  }

  get receiving(): boolean {
    return !this.#request.complete && !this.#replied;
  }

  /** @req X-57 */
  async readBody(maxBytes: number): Promise<Uint8Array> {
    if (this.#reading) throw new Bug('a request body was read twice');
    this.#reading = true;
    if ((this.#announced.bytes ?? 0) > maxBytes) throw new BodyTooLarge(maxBytes);
    if (this.#context.awaitsContinue) this.#response.writeContinue();
    const body = await collectBody(this.#request, maxBytes);
    this.#bodyEndMs = this.#context.clock.monotonicMs();
    return body;
  }

  /** @req X-01 */
  reply(status: number, body: string, options: ReplyOptions = {}): void {
    if (this.#replied) return;
    this.#replied = true;
    const socket = this.#request.socket;
    if (socket.destroyed || !socket.writable) return;
    if (options.proven ?? false) this.#context.connection.proven = true;
    const close = (options.close ?? false) || this.#context.draining() || this.#restIsTooMuch();
    this.#response.writeHead(status, {
      'Content-Type': options.contentType ?? 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...options.headers,
      ...(close ? { Connection: 'close' } : this.#keepAlive()),
    });
    this.#flushInTime();
    // A queued answer (pipelining) has no socket yet: half-closing now would cut off those before it.
    if (close && this.#bodyPending() && this.#response.socket !== null) this.#hangUp(body);
    else this.#context.burst.end(this.#response, body);
  }

  abandon(): void {
    this.#replied = true;
  }

  /** Node would announce the time that it grants a client that has authenticated. */
  #keepAlive(): Record<string, string> {
    const { keepAliveTimeoutMs, unprovenIdleTimeoutMs } = this.#context.limits;
    const shorter = !this.#context.connection.proven && unprovenIdleTimeoutMs < keepAliveTimeoutMs;
    if (!shorter || !this.#response.shouldKeepAlive) return {};
    return { 'Keep-Alive': `timeout=${Math.floor(unprovenIdleTimeoutMs / 1000)}` };
  }

  /** No other limit counts while an answer waits for its client to read. */
  #flushInTime(): void {
    const { socket } = this.#request;
    const timer = setTimeout(() => socket.destroy(), this.#context.limits.replyFlushTimeoutMs).unref();
    this.#response.once('close', () => clearTimeout(timer));
  }

  #bodyPending(): boolean {
    return this.#announced.present && this.#bodyEndMs === undefined;
  }

  #restIsTooMuch(): boolean {
    if (!this.#bodyPending()) return false;
    const { bytes } = this.#announced;
    return (
      this.#context.awaitsContinue || bytes === undefined || bytes > this.#context.limits.unreadBodyBytes
    );
  }

  /**
   * Closing a socket with unread input resets the connection, and the reset can overtake the answer.
   * So: send the answer and our end of the stream, throw away a bounded part of what still comes, then
   * destroy (RFC 9112 §9.6).
   */
  #hangUp(body: string): void {
    const { socket } = this.#request;
    const { lingerMs, unreadBodyBytes } = this.#context.limits;
    this.#response.write(body);
    socket.end();
    let left = unreadBodyBytes;
    this.#request.on('error', () => socket.destroy());
    this.#request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.#request.pause();
    });
    this.#request.resume();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }
}
