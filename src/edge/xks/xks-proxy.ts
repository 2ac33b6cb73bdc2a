/**
 * The XKS proxy API over HTTP (XKS Proxy API specification 1.0): what AWS KMS calls. Trusts nothing of a
 * request before its signature; gives every request one answer, one log line and one measurement.
 */
import type { Clock } from '../../domain/ports/clock.ts';
import type { Aead, HealthMonitor, KeyDirectory } from '../../domain/ports/hsm.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Meter } from '../../domain/ports/meter.ts';
import type { KeyStore } from '../../domain/xks/key-store.ts';
import { SigningKeyCache } from '../../sigv4/signing-key-cache.ts';
import { cappedLog } from '../http/capped-log.ts';
import type { Exchange, ExchangeHandler } from '../http/exchange.ts';
import { isPing } from '../http/ping.ts';
import { finishWith, refuse } from './conclude.ts';
import { errorAnswer, errorBody, MethodNotAllowed } from './error-answer.ts';
import { ORDER_OF_CHECKS } from './order-of-checks.ts';
import { Passage, type XksProxySettings, type XksServices } from './passage.ts';
import { PrefixIndex } from './prefix-index.ts';
import { PING_REPLY } from './replies.ts';

export interface XksProxyOptions {
  /** Read for each request; a reload returns another list, and the same list means nothing changed. */
  readonly stores: () => readonly KeyStore[];
  readonly aead: Aead;
  readonly directory: KeyDirectory;
  readonly health: HealthMonitor;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly settings: XksProxySettings;
}

/**
 * The handler of the proxy's listener. `GET /ping` answers without authentication and without any token,
 * for load balancers.
 * @req X-04 X-71
 */
export function createXksProxy(options: XksProxyOptions): ExchangeHandler {
  const { aead, directory, health, clock, log, meter, settings, stores } = options;
  let index: PrefixIndex | undefined;
  const services: XksServices = {
    engine: { aead, directory, health, clock },
    clock,
    log,
    cappedLog: cappedLog(log, 'proxy'),
    meter,
    settings,
    signingKeys: new SigningKeyCache(),
    prefixes: () => {
      const current = stores();
      if (index?.stores !== current) index = new PrefixIndex(current, clock.monotonicMs(), index);
      return index;
    },
  };
  return (exchange) =>
    isPing(exchange.rawUrl) ? answerPing(exchange) : walk(new Passage(services, exchange));
}

async function walk(passage: Passage): Promise<void> {
  try {
    for (const check of ORDER_OF_CHECKS) {
      // The first row finds out which operation this is; it applies to all.
      if (passage.route !== undefined && !check.operations.includes(passage.route.operation)) continue;
      passage.stage = check.name;
      const pending = check.run(passage);
      if (pending !== undefined) await pending;
      if (passage.finished) return;
    }
    finishWith(passage, passage.replyBody);
  } catch (error) {
    refuse(passage, error);
  }
}

/** @req X-71 */
function answerPing(exchange: Exchange): void {
  if (exchange.method === 'GET' || exchange.method === 'HEAD') {
    exchange.reply(200, PING_REPLY);
    return;
  }
  const answered = errorAnswer(new MethodNotAllowed(exchange.method, 'GET, HEAD'));
  exchange.reply(answered.status, errorBody(answered), { headers: answered.headers });
}
