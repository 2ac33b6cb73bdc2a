/**
 * One HTTP request and its answer, as the faces of Portcullis see it: nothing parsed, nothing decoded,
 * nothing trusted. Signature verification needs the target and the headers exactly as they were received.
 */

/** One request on its way to one answer. Nothing in it is authenticated except `tlsClientSubject`. */
export interface Exchange {
  readonly method: string;
  /** The request target as received, query included; never decoded or normalised. */
  readonly rawUrl: string;
  /** Name, value, name, value … as received: order, case and duplicates are kept. */
  readonly rawHeaders: readonly string[];
  /** The peer's address; empty on a Unix socket. */
  readonly remoteAddress: string;
  /** The configured name that the client's certificate carries; undefined where none is asked for. */
  readonly tlsClientSubject: string | undefined;
  /** `clock.monotonicMs()` when the head had arrived. */
  readonly startedMs: number;
  /** `clock.monotonicMs()` when the last body byte had arrived; undefined until `readBody` has resolved. */
  readonly bodyEndMs: number | undefined;
  readonly replied: boolean;
  /**
   * Reads the whole body as sent (a content encoding is not undone). Rejects with {@link BodyTooLarge}:
   * at once when Content-Length says so, else as soon as the cap is passed; or with
   * {@link BodyIncomplete} when the client goes away or takes too long. May be called once.
   */
  readBody(maxBytes: number): Promise<Uint8Array>;
  /** Writes status, headers and body in one go. A second call, or one after the client left, does nothing. */
  reply(status: number, body: string, options?: ReplyOptions): void;
}

export interface ReplyOptions {
  /** `application/json` unless told. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Say `Connection: close` and drop whatever of the request body has not been read. */
  readonly close?: boolean;
  /** The caller has authenticated: its connection may idle for the whole keep-alive time. */
  readonly proven?: boolean;
}

/**
 * Answers one exchange. It must have replied when it returns, or when its promise settles: an exchange
 * that is still open then, or whose handler threw, is logged and answered with a bare 500.
 */
export type ExchangeHandler = (exchange: Exchange) => void | Promise<void>;

/** The body is longer than the caller of `readBody` allows. Answer with `close`: the rest is still coming. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the request body is longer than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** The client stopped, or was too slow, before its body was complete: nobody is left to answer. */
export class BodyIncomplete extends Error {
  override readonly name = 'BodyIncomplete';

  constructor(options?: { cause?: unknown }) {
    super('the request ended before its body was complete', options);
  }
}
