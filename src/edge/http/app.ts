/**
 * What a listener does with Node's `request` events: a bare one hands them to our own code at once; for the others,
 * express-app.ts puts Express in between.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../domain/ports/log.ts';
import { BodyIncomplete, type ExchangeHandler } from './exchange.ts';
import type { HttpExchange } from './http-exchange.ts';
import type { RefusalForm, RefusalKind } from './refusal.ts';

export interface AppOptions {
  readonly handler: ExchangeHandler;
  readonly log: Log;
  readonly maxHeaders: number;
  readonly refusals: RefusalForm;
  /** Undefined for a request that is not answered any more. */
  readonly open: (
    request: IncomingMessage,
    response: ServerResponse,
    rawUrl: string,
  ) => HttpExchange | undefined;
}

export type CreateApp = (options: AppOptions) => RequestListener;

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Without Express, which gives every request other prototypes and so costs as much as all checks but the signature. */
export function createBareApp(options: AppOptions): RequestListener {
  return (request, response) => {
    take(request, response, request.url ?? '', options).catch((error: unknown) =>
      fail(error, response, options),
    );
  };
}

/** One request, from its head to its answer. */
export async function take(
  request: IncomingMessage,
  response: ServerResponse,
  rawUrl: string,
  options: AppOptions,
): Promise<void> {
  const exchange = options.open(request, response, rawUrl);
  if (exchange === undefined || exchange.replied || refuseHead(request, exchange, options)) return;
  try {
    await options.handler(exchange);
    if (exchange.replied) return;
    options.log.error('http.unanswered', { method: exchange.method });
  } catch (error) {
    if (error instanceof BodyIncomplete) return;
    options.log.error('http.failed', { method: exchange.method, error });
  }
  refuse(exchange, options.refusals, { status: 500, kind: 'internal', message: INTERNAL });
}

/** What nobody caught: the client learns nothing of it. */
export function fail(
  error: unknown,
  response: ServerResponse,
  { log, refusals }: Pick<AppOptions, 'log' | 'refusals'>,
): void {
  log.error('http.failed', { error });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { body, contentType, headers } = refusals('internal', INTERNAL);
  response.writeHead(500, { 'Content-Type': contentType, ...headers }).end(body);
}

/** Refuses a request that no handler sees, or whose handler failed, and ends its connection. */
export function refuse(
  exchange: HttpExchange,
  refusals: RefusalForm,
  refusal: { readonly status: number; readonly kind: RefusalKind; readonly message: string },
): void {
  const { body, contentType, headers } = refusals(refusal.kind, refusal.message);
  exchange.reply(refusal.status, body, { contentType, headers, close: true });
}

/** What the parser lets pass although RFC 9112 §3.2 refuses it, and more headers than any client needs. */
function refuseHead(
  request: IncomingMessage,
  exchange: HttpExchange,
  { maxHeaders, refusals }: AppOptions,
): boolean {
  if (request.rawHeaders.length > 2 * maxHeaders) {
    const message = 'the request has too many headers';
    refuse(exchange, refusals, { status: 431, kind: 'head-too-large', message });
    return true;
  }
  const hosts = hostHeaders(request.rawHeaders);
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) {
    const message = 'the request must have exactly one Host header';
    refuse(exchange, refusals, { status: 400, kind: 'malformed', message });
    return true;
  }
  return false;
}

function hostHeaders(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === HOST.length && name.toLowerCase() === HOST) count += 1;
  }
  return count;
}

const HOST = 'host';
const INTERNAL = 'internal error';
