/**
 * The control listener: what the command line asks a running process. It sits on a Unix socket that only
 * its owner can open, and that file mode is all its authentication.
 */
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';

/** How a reload ended. With problems, the old configuration and its generation are still in force. */
export interface ReloadOutcome {
  readonly generation: number;
  /** Sentences for the terminal, without secrets; none when the new configuration is in force. */
  readonly problems: readonly string[];
}

export interface ControlEndpointOptions {
  /** Anything that JSON can carry, without secrets. */
  readonly status: () => unknown;
  /** Does what SIGHUP does. */
  readonly reload: () => ReloadOutcome;
}

/** Answers `GET /status` with 200, and `POST /reload` with 200 when it took force, else 409. */
export function createControlEndpoint(options: ControlEndpointOptions): ExchangeHandler {
  return async (exchange: Exchange) => {
    const page = PAGES.get(exchange.rawUrl);
    if (page === undefined) {
      exchange.reply(404, JSON.stringify({ error: 'not found', pages: [...PAGES.keys()] }));
    } else if (exchange.method !== page.method) {
      exchange.reply(405, '{"error":"method not allowed"}', { headers: { Allow: page.method } });
    } else {
      const { status, body } = await page.answer(options);
      exchange.reply(status, JSON.stringify(body));
    }
  };
}

interface Page {
  readonly method: 'GET' | 'POST';
  readonly answer: (
    options: ControlEndpointOptions,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
}

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/status', { method: 'GET', answer: async ({ status }) => ({ status: 200, body: await status() }) }],
  [
    '/reload',
    {
      method: 'POST',
      answer: async ({ reload }) => {
        const outcome = reload();
        return { status: outcome.problems.length === 0 ? 200 : 409, body: outcome };
      },
    },
  ],
]);
