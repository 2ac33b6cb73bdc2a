/** JSON of the wrong type, or none at all: what AWS answers before it looks at any constraint. */
import { KmsFault } from '../../domain/kms/kms-fault.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The request's body as an object. Fault: `SerializationException` for what is no JSON object in UTF-8; the parser's
 * own message quotes the body and is dropped.
 */
export function parseJsonObject(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(body));
  } catch {
    throw new KmsFault('SerializationException', 'The request body is not JSON in UTF-8.');
  }
  return requireObject(value, '');
}

export function requireObject(value: unknown, path: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw wrongType(value, 'a structure or map', path);
}

/** `expected` with its article. The fault names the type that came, never the value. */
export function wrongType(value: unknown, expected: string, path: string): KmsFault {
  const place = path === '' ? 'the request body' : `'${path.slice(0, MAX_PATH)}'`;
  return new KmsFault(
    'SerializationException',
    `${typeText(value)} can not be converted to ${expected} at ${place}`,
  );
}

function typeText(value: unknown): string {
  if (Array.isArray(value)) return 'A list';
  return value === null ? 'NULL_VALUE' : (TYPE_TEXTS[typeof value] as string);
}

const TYPE_TEXTS: Readonly<Record<string, string>> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'BOOLEAN_VALUE',
  object: 'A structure or map',
};
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MAX_PATH = 256;
