/** Step 1 of a signature: the request in the one form that sender and receiver hash (AWS SigV4, "Create a canonical request"). */
import { canonicalPath, canonicalQuery, type PathRules } from './canonical-uri.ts';
import { canonicalValue, type ReceivedHeaders } from './received-headers.ts';
import { splitTarget } from './request-target.ts';
import { SigV4Fault } from './sigv4-fault.ts';

export interface CanonicalRequestParts {
  /** An HTTP method as the HTTP parser let it through. */
  readonly method: string;
  readonly rawUrl: string;
  readonly headers: ReceivedHeaders;
  /** In the order of the Authorization header. */
  readonly signedHeaders: readonly string[];
  /** SHA-256 of the body as received, lower-case hex. */
  readonly payloadHash: string;
  readonly pathRules: PathRules;
}

/**
 * The canonical request, one byte in each character.
 * @req X-61 X-63
 */
export function canonicalRequest(parts: CanonicalRequestParts): string {
  const { path, query } = splitTarget(parts.rawUrl);
  let headerLines = '';
  for (const name of parts.signedHeaders) {
    headerLines += `${name}:${signedValue(parts.headers, name)}\n`;
  }
  return [
    parts.method,
    canonicalPath(path, parts.pathRules),
    canonicalQuery(query),
    headerLines,
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n');
}

/** HTTP/2 carries the host in `:authority`; a sender may sign it under either name. */
function signedValue(headers: ReceivedHeaders, name: string): string {
  const values = headers.get(name) ?? (name === 'host' ? headers.get(':authority') : undefined);
  if (values === undefined) {
    throw new SigV4Fault(
      'missing-signed-header',
      `SignedHeaders names '${name}', but the request has no such header; something on the way may have removed it.`,
    );
  }
  const value = canonicalValue(values);
  if (BEYOND_BYTE.test(value)) {
    throw new SigV4Fault('malformed-header', `The header '${name}' holds a character that is not a byte.`);
  }
  return value;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is every byte
const BEYOND_BYTE = /[^\x00-\xff]/;
