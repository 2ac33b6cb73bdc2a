/**
 * The request target, cut from the raw request line (RFC 9112 §3.2). A URL parser would repair it; the
 * signature covers what was sent, and what has no canonical form is refused here for every later step.
 */
import { SigV4Fault } from './sigv4-fault.ts';

/** Path and query as sent. The path starts with a slash; the query has no question mark and may be empty. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Accepts `/path?query` and `http[s]://host/path?query`, of which the authority is dropped. */
export function splitTarget(rawUrl: string): RequestTarget {
  if (UNCANONICAL.test(rawUrl)) {
    throw new SigV4Fault(
      'malformed-uri',
      "The request target holds a '#', a control character, or a '%' that two hexadecimal digits do not follow.",
    );
  }
  const start = rawUrl.startsWith('/') ? 0 : authorityEnd(rawUrl);
  const queryAt = rawUrl.indexOf('?', start);
  const path = queryAt === -1 ? rawUrl.slice(start) : rawUrl.slice(start, queryAt);
  return { path: path === '' ? '/' : path, query: queryAt === -1 ? '' : rawUrl.slice(queryAt + 1) };
}

function authorityEnd(rawUrl: string): number {
  const origin = ABSOLUTE_FORM.exec(rawUrl)?.[0];
  if (origin === undefined) {
    throw new SigV4Fault(
      'malformed-uri',
      "The request target is neither a path that starts with '/' nor an http URL.",
    );
  }
  return origin.length;
}

/** A character that is no byte, a control character, the fragment's `#`, or `%` without two digits. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNCANONICAL = /[\x00-\x1f\x7f#]|[^\x00-\xff]|%(?![0-9A-Fa-f]{2})/;
const ABSOLUTE_FORM = /^https?:\/\/[^/?]+/i;
