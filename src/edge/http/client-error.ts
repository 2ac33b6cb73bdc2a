/**
 * Answers what is not a request: bytes the parser refuses, heads that are too long, clients that are too
 * slow. One line of JSON and the end of the connection; nothing is thrown, nothing of the input is shown.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../domain/ports/clock.ts';
import { errorBody } from './error-body.ts';
import type { HttpExchange } from './http-exchange.ts';

export interface RefusalContext {
  readonly clock: Clock;
  readonly lingerMs: number;
}

/** `pending` are the exchanges of this connection that have not finished. Returns what was answered, if anything. */
export function refuseMalformed(
  error: Error & { code?: string },
  socket: Duplex,
  pending: ReadonlySet<HttpExchange>,
  context: RefusalContext,
): number | undefined {
  if (refused.has(socket)) return undefined;
  const refusal = refusalOf(error.code ?? '');
  // A broken connection or handshake, or an answer that is not ours to give: with requests still
  // unanswered before this one, the client would take it for the answer to the first of them.
  if (refusal === undefined || !socket.writable || !answerable(pending)) {
    socket.destroy();
    return undefined;
  }
  refused.add(socket);
  for (const exchange of pending) exchange.abandon();
  socket.on('error', () => socket.destroy());
  socket.end(rawReply(refusal, context.clock.nowMs()));
  const timer = setTimeout(() => socket.destroy(), context.lingerMs);
  socket.once('close', () => clearTimeout(timer));
  return refusal.status;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

function answerable(pending: ReadonlySet<HttpExchange>): boolean {
  const [first] = pending;
  return first === undefined || (pending.size === 1 && first.receiving);
}

function refusalOf(code: string): Refusal | undefined {
  const known = REFUSALS[code];
  if (known !== undefined) return known;
  return code.startsWith('HPE_') ? MALFORMED : undefined;
}

function rawReply(refusal: Refusal, nowMs: number): string {
  const body = errorBody('ValidationException', refusal.message);
  return [
    `HTTP/1.1 ${refusal.status} ${refusal.reason}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date(nowMs).toUTCString()}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

const refused = new WeakSet<Duplex>();

const MALFORMED: Refusal = { status: 400, reason: 'Bad Request', message: 'the HTTP request is malformed' };

const REFUSALS: Readonly<Record<string, Refusal>> = Object.assign(Object.create(null), {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    message: 'the request line and headers are too long',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    message: 'the request did not arrive in time',
  },
});
