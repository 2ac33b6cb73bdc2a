/** A listener on a free port with small limits, and what its handler and log saw. */

import type { Clock } from '../../../src/domain/ports/clock.ts';
import type { Log, LogFields } from '../../../src/domain/ports/log.ts';
import type { Exchange, ExchangeHandler } from '../../../src/edge/http/exchange.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import type { TlsMaterial } from '../../../src/edge/http/tls-material.ts';
import { xksRefusal } from '../../../src/edge/xks/refusal-form.ts';

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

export interface Listening extends AsyncDisposable {
  readonly listener: Listener;
  readonly port: number;
  readonly seen: Exchange[];
  readonly lines: LogLine[];
  /** The lines of one event. */
  logged(event: string): LogFields[];
}

export async function listening(options: {
  handler?: ExchangeHandler;
  limits?: Partial<HttpLimits>;
  tls?: TlsMaterial;
  /** As the proxy's listener, without Express, unless told. */
  bare?: boolean;
}): Promise<Listening> {
  const seen: Exchange[] = [];
  const lines: LogLine[] = [];
  const handler = options.handler ?? echo;
  const listener = await listen({
    name: 'proxy',
    bare: options.bare ?? true,
    refusals: xksRefusal,
    at: { host: '127.0.0.1', port: 0 },
    limits: { ...DEFAULT_HTTP_LIMITS, ...options.limits },
    handler: (exchange) => {
      seen.push(exchange);
      return handler(exchange);
    },
    clock: systemClock,
    log: recordingLog(lines),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  return {
    listener,
    port: listener.port,
    seen,
    lines,
    logged: (event) => lines.filter((line) => line.event === event).map((line) => line.fields),
    [Symbol.asyncDispose]: () => listener.drain(0),
  };
}

/** Answers the body that it read, at most 64 KiB. */
export async function echo(exchange: Exchange): Promise<void> {
  const body = await exchange.readBody(65_536);
  exchange.reply(
    200,
    JSON.stringify({ method: exchange.method, body: Buffer.from(body).toString('latin1') }),
  );
}

export function recordingLog(lines: LogLine[]): Log {
  const record = (level: string) => (event: string, fields?: LogFields) => {
    lines.push({ level, event, fields: fields ?? {} });
  };
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') };
}

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** The two ways in which a listener takes requests: clients must not be able to tell them apart. */
export const APPS = [
  { app: 'bare', bare: true },
  { app: 'Express', bare: false },
];
