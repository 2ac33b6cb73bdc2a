/**
 * The control listener: what the command line asks a running process. It sits on a Unix socket that only
 * its owner can open, and that file mode is all its authentication.
 */
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';

export interface ControlEndpointOptions {
  /** Anything that JSON can carry, without secrets. */
  readonly status: () => unknown;
}

export function createControlEndpoint(options: ControlEndpointOptions): ExchangeHandler {
  return async (exchange: Exchange) => {
    if (exchange.rawUrl !== '/status') exchange.reply(404, '{"error":"not found","pages":["/status"]}');
    else if (exchange.method !== 'GET') {
      exchange.reply(405, '{"error":"method not allowed"}', { headers: { Allow: 'GET' } });
    } else exchange.reply(200, JSON.stringify(await options.status()));
  };
}
