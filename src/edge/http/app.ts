/**
 * The Express application of a listener: one middleware that hands every request over untouched. Express
 * parses nothing that a client sent (no query, no routes, no body), so that a hostile target or header
 * meets our own code alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Log } from '../../domain/ports/log.ts';
import { errorBody } from './error-body.ts';
import { BodyIncomplete, type ExchangeHandler } from './exchange.ts';
import type { HttpExchange } from './http-exchange.ts';

export interface AppOptions {
  readonly handler: ExchangeHandler;
  readonly log: Log;
  readonly maxHeaders: number;
  /** Undefined for a request that is not answered any more. */
  readonly open: (
    request: IncomingMessage,
    response: ServerResponse,
    rawUrl: string,
  ) => HttpExchange | undefined;
}

/** A listener for Node's `request` events. */
export function createApp(options: AppOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(async (request, response) => {
    const exchange = options.open(request, response, request.originalUrl);
    if (exchange === undefined || exchange.replied) return;
    if (!refuseHead(request, exchange, options.maxHeaders)) await answer(exchange, options);
  });
  return (request, response) => {
    // Express's router looks at `url` and our code at `originalUrl`: the router always sees a plain path.
    Object.assign(request, { originalUrl: request.url ?? '', url: '/' });
    app(request as express.Request, response as express.Response, (error: unknown) => {
      options.log.error('http.failed', { error });
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'Content-Type': 'application/json' }).end(INTERNAL);
    });
  };
}

async function answer(exchange: HttpExchange, options: AppOptions): Promise<void> {
  try {
    await options.handler(exchange);
    if (exchange.replied) return;
    options.log.error('http.unanswered', { method: exchange.method });
  } catch (error) {
    if (error instanceof BodyIncomplete) return;
    options.log.error('http.failed', { method: exchange.method, error });
  }
  exchange.reply(500, INTERNAL, { close: true });
}

/** What the parser lets pass although RFC 9112 §3.2 refuses it, and more headers than any client needs. */
function refuseHead(request: IncomingMessage, exchange: HttpExchange, maxHeaders: number): boolean {
  if (request.rawHeaders.length > 2 * maxHeaders) {
    exchange.reply(431, errorBody('ValidationException', 'the request has too many headers'), {
      close: true,
    });
    return true;
  }
  const hosts = request.headersDistinct['host']?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) {
    const message = 'the request must have exactly one Host header';
    exchange.reply(400, errorBody('ValidationException', message), { close: true });
    return true;
  }
  return false;
}

const INTERNAL = errorBody('InternalException', 'internal error');
