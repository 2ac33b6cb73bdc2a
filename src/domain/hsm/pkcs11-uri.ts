/**
 * PKCS #11 URIs (RFC 7512): reading and writing, nothing else. What an attribute means, and which ones
 * are welcome, is the caller's business. A URI may carry a PIN, so a fault never quotes a value.
 */

/** A PKCS #11 URI with its percent-encoding undone. */
export interface Pkcs11Uri {
  /** Path attributes by their RFC name, vendor attributes included, without `id`. */
  readonly path: ReadonlyMap<string, string>;
  /** CKA_ID; apart from the others because it is bytes, not text. */
  readonly id?: Uint8Array;
  /** Query attributes in order; only vendor attributes may appear twice. `pin-value` is a secret. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/**
 * - `scheme`: does not start with `pkcs11:`
 * - `attribute`: not of the form `name=value`
 * - `duplicate`: an attribute that may appear once appears again
 * - `character`: a character that must be percent-encoded, or a `%` without two hex digits
 * - `value`: not UTF-8, or not a value that this attribute can have
 */
export type Pkcs11UriFaultCode = 'scheme' | 'attribute' | 'duplicate' | 'character' | 'value';

/** Why a text is not a PKCS #11 URI. `detail` names attributes and never a value. */
export class Pkcs11UriFault extends Error {
  override readonly name = 'Pkcs11UriFault';
  readonly code: Pkcs11UriFaultCode;
  readonly detail: string;

  constructor(code: Pkcs11UriFaultCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

/** Reads a URI strictly by the grammar of RFC 7512 §2.3. */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  if (!SCHEME.test(text)) throw new Pkcs11UriFault('scheme', 'it does not start with pkcs11:');
  const afterScheme = text.slice(text.indexOf(':') + 1);
  const mark = afterScheme.indexOf('?');
  const pathText = mark < 0 ? afterScheme : afterScheme.slice(0, mark);
  const queryText = mark < 0 ? '' : afterScheme.slice(mark + 1);

  const path = new Map<string, string>();
  let id: Uint8Array | undefined;
  for (const [name, encoded] of attributes(pathText, ';')) {
    if (path.has(name) || (name === 'id' && id !== undefined)) throw duplicate(name);
    const bytes = percentDecode(name, encoded, RAW_IN_PATH);
    if (name === 'id') id = bytes;
    else path.set(name, decodedValue(name, bytes));
  }

  const query: [string, string][] = [];
  for (const [name, encoded] of attributes(queryText, '&')) {
    if (QUERY_ATTRIBUTES.has(name) && query.some(([earlier]) => earlier === name)) throw duplicate(name);
    query.push([name, decodedValue(name, percentDecode(name, encoded, RAW_IN_QUERY))]);
  }
  return id === undefined ? { path, query } : { path, id, query };
}

/** Writes a URI that {@link parsePkcs11Uri} reads back as the same; everything but unreserved characters is encoded. */
export function formatPkcs11Uri(uri: Pkcs11Uri): string {
  const path = [...uri.path].map(([name, value]) => `${name}=${percentEncodeText(value)}`);
  if (uri.id !== undefined) path.push(`id=${[...uri.id].map(percentEncodeByte).join('')}`);
  const query = uri.query.map(([name, value]) => `${name}=${percentEncodeText(value)}`);
  return `pkcs11:${path.join(';')}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

function attributes(text: string, separator: ';' | '&'): [name: string, encoded: string][] {
  if (text === '') return [];
  return text.split(separator).map((part, index) => {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    if (!ATTRIBUTE_NAME.test(name)) {
      throw new Pkcs11UriFault('attribute', `attribute ${index + 1} is not of the form name=value`);
    }
    return [name, part.slice(equals + 1)];
  });
}

function percentDecode(name: string, encoded: string, raw: RegExp): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at += 1) {
    const character = encoded.charAt(at);
    if (character === '%') {
      const digits = encoded.slice(at + 1, at + 3);
      if (!TWO_HEX_DIGITS.test(digits)) {
        throw new Pkcs11UriFault('character', `${name} has a % that is not followed by two hex digits`);
      }
      bytes.push(Number.parseInt(digits, 16));
      at += 2;
    } else if (raw.test(character)) {
      bytes.push(character.charCodeAt(0));
    } else {
      throw new Pkcs11UriFault('character', `${name} has a character that must be percent-encoded`);
    }
  }
  return Uint8Array.from(bytes);
}

function decodedValue(name: string, bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Pkcs11UriFault('value', `${name} is not UTF-8`);
  }
  const pattern = VALUE_PATTERNS.get(name);
  if (pattern !== undefined && !pattern.test(text)) {
    throw new Pkcs11UriFault('value', `${name} has a value that RFC 7512 does not know`);
  }
  return text;
}

function percentEncodeText(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return UNRESERVED.test(character) ? character : percentEncodeByte(byte);
    })
    .join('');
}

function percentEncodeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function duplicate(name: string): Pkcs11UriFault {
  return new Pkcs11UriFault('duplicate', `${name} appears more than once`);
}

const SCHEME = /^pkcs11:/i;
const ATTRIBUTE_NAME = /^[A-Za-z0-9_-]+$/;
const TWO_HEX_DIGITS = /^[0-9A-Fa-f]{2}$/;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
const RAW_IN_PATH = /^[A-Za-z0-9._~:[\]@!$'()*+,=&-]$/;
const RAW_IN_QUERY = /^[A-Za-z0-9._~:[\]@!$'()*+,=/?|-]$/;
const QUERY_ATTRIBUTES: ReadonlySet<string> = new Set([
  'pin-source',
  'pin-value',
  'module-name',
  'module-path',
]);
const VALUE_PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['type', /^(public|private|cert|secret-key|data)$/],
  ['slot-id', /^[0-9]+$/],
  ['library-version', /^[0-9]+(\.[0-9]+)?$/],
]);
