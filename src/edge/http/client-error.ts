/**
 * Answers what is not a request: bytes the parser refuses, heads that are too long, clients that are too
 * slow. One line of JSON and the end of the connection; nothing is thrown, nothing of the input is shown.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../domain/ports/clock.ts';
import type { ClientConnection } from './client-connection.ts';
import type { RefusalForm, RefusalKind } from './refusal.ts';

export interface RefusalContext {
  readonly clock: Clock;
  readonly lingerMs: number;
  readonly form: RefusalForm;
}

/**
 * Requests that arrived whole before the malformed bytes get their answers first. Returns what will be
 * answered, if anything.
 */
export function refuseMalformed(
  error: Error & { code?: string },
  socket: Duplex,
  connection: ClientConnection,
  context: RefusalContext,
): number | undefined {
  if (refused.has(socket)) return undefined;
  const refusal = refusalOf(error.code ?? '');
  // A broken connection or handshake: nobody is there to answer.
  if (refusal === undefined || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  refuse(refusal, socket, connection, context);
  return refusal.status;
}

/** CONNECT, for which Node has taken the connection out of HTTP: requests still unanswered before it stay so. */
export function refuseTunnel(socket: Duplex, connection: ClientConnection, context: RefusalContext): void {
  if (connection.unfinished > 0) socket.destroy();
  else refuse(NO_TUNNEL, socket, connection, context);
}

function refuse(
  refusal: Refusal,
  socket: Duplex,
  connection: ClientConnection,
  { clock, lingerMs, form }: RefusalContext,
): void {
  refused.add(socket);
  socket.on('error', () => socket.destroy());
  connection.afterAnswers(() => {
    // The last answer has closed the connection itself.
    if (!socket.writable) return;
    socket.end(rawReply(refusal, form, clock.nowMs()));
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  });
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly kind: RefusalKind;
  readonly message: string;
  readonly headers?: readonly string[];
}

function refusalOf(code: string): Refusal | undefined {
  const known = REFUSALS[code];
  if (known !== undefined) return known;
  return code.startsWith('HPE_') ? MALFORMED : undefined;
}

function rawReply(refusal: Refusal, form: RefusalForm, nowMs: number): string {
  const { body, contentType, headers } = form(refusal.kind, refusal.message);
  return [
    `HTTP/1.1 ${refusal.status} ${refusal.reason}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date(nowMs).toUTCString()}`,
    ...(refusal.headers ?? []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

const refused = new WeakSet<Duplex>();

const MALFORMED: Refusal = {
  status: 400,
  reason: 'Bad Request',
  kind: 'malformed',
  message: 'the HTTP request is malformed',
};

const NO_TUNNEL: Refusal = {
  status: 405,
  reason: 'Method Not Allowed',
  kind: 'tunnel',
  message: 'Method CONNECT is not allowed here.',
  headers: ['Allow: GET, HEAD, POST'],
};

const REFUSALS: Readonly<Record<string, Refusal>> = Object.assign(Object.create(null), {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    kind: 'head-too-large',
    message: 'the request line and headers are too long',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    kind: 'too-slow',
    message: 'the request did not arrive in time',
  },
});
