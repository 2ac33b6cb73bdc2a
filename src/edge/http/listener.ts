/**
 * An HTTP/1.1 listener, with or without TLS, on a port or a Unix socket. It trusts nobody: limits on
 * time, size and number hold before anything is authenticated (RFC 9112; XKS Proxy API specification, "TLS").
 */
import { createServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import { type CreateApp, createBareApp, refuse } from './app.ts';
import { bind, type ListenAddress } from './bind.ts';
import { refuseMalformed, refuseTunnel } from './client-error.ts';
import { Connections } from './connections.ts';
import type { ExchangeHandler } from './exchange.ts';
import { HttpExchange } from './http-exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import { plainRefusal, type RefusalForm } from './refusal.ts';
import { ReplyBurst } from './reply-burst.ts';
import { TlsGate } from './tls-gate.ts';
import type { TlsMaterial } from './tls-material.ts';

export interface ListenOptions {
  /** The listener's section in the configuration, such as `proxy`: for messages. */
  readonly name: string;
  readonly at: ListenAddress;
  readonly tls?: TlsMaterial;
  readonly limits: HttpLimits;
  readonly handler: ExchangeHandler;
  /** Without Express: for listeners whose speed counts. */
  readonly bare?: boolean;
  /** How refusals read that the handler does not see; one line of JSON with an `error` unless told. */
  readonly refusals?: RefusalForm;
  readonly clock: Clock;
  readonly log: Log;
}

/** A listener that accepts. Disposing of it drains without grace. */
export interface Listener extends AsyncDisposable {
  /** For people: `http://127.0.0.1:8080`, `unix:/run/portcullis.sock`. */
  readonly address: string;
  /** The port in use, also when 0 was asked for; 0 for a Unix socket. */
  readonly port: number;
  /** Throws what `reloadTls` would throw, and changes nothing: for those who reload several things at once. */
  checkTls(tls: TlsMaterial): void;
  /**
   * For connections to come; open ones stay. Throws TlsFault, and then nothing has changed. Whether
   * client certificates are asked for at all is settled when the listener starts.
   */
  reloadTls(tls: TlsMaterial): void;
  /** Stops accepting, finishes what runs, closes idle connections; resolves within `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/** Throws ListenFault or TlsFault. @req X-02 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { name, at, limits, log } = options;
  const gate = options.tls === undefined ? undefined : new TlsGate(options.tls, { name, log });
  const server: HttpServer | HttpsServer =
    gate === undefined
      ? createServer(serverOptions(limits))
      : createTlsServer({
          ...serverOptions(limits),
          ...gate.options(),
          handshakeTimeout: limits.handshakeTimeoutMs,
        });
  server.maxConnections = limits.maxConnections;
  // Node would leave out what is over its count; the app counts and refuses instead.
  server.maxHeadersCount = 0;
  const connections = new Connections(
    server,
    gate !== undefined,
    Math.min(limits.unprovenIdleTimeoutMs, limits.keepAliveTimeoutMs),
  );
  serve(server, connections, gate, { ...options, createApp: await appOf(options) });
  if (gate !== undefined) gate.guard(server as HttpsServer);
  await bind(server, at, name);
  const port = portOf(server);
  const address = addressOf(at, port, gate !== undefined);
  log.info('http.listening', { listener: name, address });
  return {
    address,
    port,
    checkTls: (tls) => TlsGate.check(gate, tls),
    reloadTls: (tls) => TlsGate.reload(gate, tls),
    drain: (graceMs) => connections.drain(graceMs),
    [Symbol.asyncDispose]: () => connections.drain(0),
  };
}

/** Express is loaded for those who want it: an engine inside of somebody's tests does without. */
async function appOf({ bare = false }: ListenOptions): Promise<CreateApp> {
  return bare ? createBareApp : (await import('./express-app.ts')).createExpressApp;
}

function serve(
  server: HttpServer,
  connections: Connections,
  gate: TlsGate | undefined,
  options: ListenOptions & { readonly createApp: CreateApp },
): void {
  const { name, clock, limits, log, handler, createApp, refusals = plainRefusal } = options;
  const awaitingContinue = new WeakSet<object>();
  const burst = new ReplyBurst(() => connections.unfinished > 1);
  const app = createApp({
    handler,
    log,
    maxHeaders: limits.maxHeaders,
    refusals,
    open: (request, response, rawUrl) => {
      const { socket } = request;
      const connection = connections.of(socket);
      if (connection.surplus > 0) {
        if (connection.countSurplus() > limits.maxUnfinished) socket.destroy();
        return undefined;
      }
      const tlsClientSubject = gate?.clientSubject(socket);
      if (tlsClientSubject !== undefined) connection.proven = true;
      const exchange = new HttpExchange(request, response, rawUrl, {
        clock,
        limits,
        draining: () => connections.draining,
        tlsClientSubject,
        connection,
        burst,
        awaitsContinue: awaitingContinue.has(request),
      });
      if (connection.unfinished >= limits.maxUnfinished) {
        connection.countSurplus();
        refuse(exchange, refusals, TOO_MANY_UNFINISHED);
      }
      connections.opened(socket, exchange, response);
      return exchange;
    },
  });
  server.on('request', app);
  // Left to itself, Node says `100 Continue` before anyone has looked at Content-Length.
  server.on('checkContinue', (request, response) => {
    awaitingContinue.add(request);
    app(request, response);
  });
  server.on('checkExpectation', app);
  const context = { clock, lingerMs: limits.lingerMs, form: refusals };
  server.on('connect', (_request, socket) => refuseTunnel(socket, connections.of(socket), context));
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const status = refuseMalformed(error, socket, connections.of(socket), context);
    log.debug('http.refused', { listener: name, code: error.code, status });
  });
  server.on('drop', droppedLog(options));
}

/** At most one line a second, with the number of connections refused since the last: a flood must not fill the log. */
function droppedLog({ name, clock, limits, log }: ListenOptions): () => void {
  let dropped = 0;
  let nextMs = 0;
  return () => {
    dropped += 1;
    if (clock.monotonicMs() < nextMs) return;
    nextMs = clock.monotonicMs() + DROP_LOG_INTERVAL_MS;
    log.warn('http.dropped', { listener: name, dropped, maxConnections: limits.maxConnections });
    dropped = 0;
  };
}

function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.max(MIN_SWEEP_MS, Math.min(MAX_SWEEP_MS, limits.headersTimeoutMs / 5)),
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
    // Node's own refusal has no JSON body; the app's has.
    requireHostHeader: false,
  };
}

function portOf(server: HttpServer): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

function addressOf(at: ListenAddress, port: number, tls: boolean): string {
  if ('socketPath' in at) return `unix:${at.socketPath}`;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}

const TOO_MANY_UNFINISHED = {
  status: 429,
  kind: 'too-many',
  message: 'too many requests were sent ahead on this connection; read the answers first',
} as const;
const DROP_LOG_INTERVAL_MS = 1_000;
const MIN_SWEEP_MS = 20;
const MAX_SWEEP_MS = 1_000;
