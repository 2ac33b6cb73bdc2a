/**
 * The metrics listener: liveness, readiness, Prometheus metrics. Read only and unauthenticated, so it
 * tells nothing that an operator would not show to the monitoring network.
 */
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
}

export interface MetricsEndpointOptions {
  /** Never waits for an HSM. */
  readonly ready: () => Readiness;
  /** In the Prometheus text format. */
  readonly exposition: () => Promise<string>;
}

/** @req X-71 */
export function createMetricsEndpoint(options: MetricsEndpointOptions): ExchangeHandler {
  const pages: ReadonlyMap<string, (exchange: Exchange) => void | Promise<void>> = new Map([
    // Alive means that the process answers at all: an HSM that is down must not restart the proxy.
    ['/livez', (exchange: Exchange) => exchange.reply(200, '{"status":"ok"}')],
    ['/readyz', (exchange: Exchange) => replyReadiness(exchange, options.ready())],
    ['/metrics', (exchange: Exchange) => replyMetrics(exchange, options.exposition)],
  ]);
  return async (exchange) => {
    const page = pages.get(pathOf(exchange.rawUrl));
    if (page === undefined) {
      exchange.reply(404, JSON.stringify({ error: 'not found', pages: [...pages.keys()] }));
    } else if (exchange.method !== 'GET' && exchange.method !== 'HEAD') {
      exchange.reply(405, '{"error":"method not allowed"}', { headers: { Allow: 'GET, HEAD' } });
    } else await page(exchange);
  };
}

function replyReadiness(exchange: Exchange, readiness: Readiness): void {
  const { ready, reasons } = readiness;
  exchange.reply(ready ? 200 : 503, JSON.stringify({ ready, reasons }));
}

async function replyMetrics(exchange: Exchange, exposition: () => Promise<string>): Promise<void> {
  exchange.reply(200, await exposition(), { contentType: PROMETHEUS_TEXT });
}

function pathOf(rawUrl: string): string {
  return rawUrl.split('?', 1)[0] ?? '';
}

const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
