/** Path and query of the canonical request (AWS SigV4, "Create a canonical request"). */
import { percentDecode, uriEncode } from './uri-encoding.ts';

/** How a service canonicalises the path. */
export interface PathRules {
  /** Remove `.` and `..` segments and doubled slashes. */
  readonly normalize: boolean;
  /** Encode the path as sent, so that its `%` becomes `%25`; else each segment is decoded first. */
  readonly encodeTwice: boolean;
}

/** What every AWS service but S3 does. */
export const AWS_PATH_RULES: PathRules = { normalize: true, encodeTwice: true };

/** The path, which {@link splitTarget} has passed, in canonical form. */
export function canonicalPath(path: string, rules: PathRules): string {
  const normalized = rules.normalize && NORMALIZABLE.test(path) ? removeDotSegments(path) : path;
  if (!ENCODABLE.test(normalized)) return normalized;
  return normalized
    .split('/')
    .map((segment) => uriEncode(rules.encodeTwice ? segment : percentDecode(segment)))
    .join('/');
}

/** The query in canonical form: names and values encoded anew, sorted by name and then by value, `=` always present. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map(encodePair)
    .sort((left, right) => compare(left.name, right.name) || compare(left.value, right.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

interface EncodedPair {
  readonly name: string;
  readonly value: string;
}

function encodePair(piece: string): EncodedPair {
  const equalsAt = piece.indexOf('=');
  const nameEnd = equalsAt === -1 ? piece.length : equalsAt;
  return {
    name: uriEncode(percentDecode(piece.slice(0, nameEnd))),
    value: uriEncode(percentDecode(piece.slice(nameEnd + 1))),
  };
}

/** By code unit, never by locale. */
function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** A closing slash stays, a closing dot segment leaves none: AWS differs from RFC 3986 §5.2.4 here. */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const closing = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${closing}`;
}

const NORMALIZABLE = /\/[/.]/;
const ENCODABLE = /[^A-Za-z0-9\-._~/]/;
