/**
 * Reads fields of a JSON body. Messages name the field and what it must be, never its value: a value may
 * be plaintext.
 */
import { XksFault } from '../../domain/xks/xks-fault.ts';
import { decodeBase64 } from '../http/base64.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The body as an object. The parser's own message quotes the body and is dropped.
 * @req X-01 X-48
 */
export function parseJsonObject(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(body));
  } catch {
    throw invalid('The request body is not JSON in UTF-8.');
  }
  return asObject(value, 'The request body');
}

/** @req X-48 */
export function asObject(value: unknown, what: string): JsonObject {
  if (value === undefined) throw invalid(`${what} is required.`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be a JSON object.`);
  }
  return value as JsonObject;
}

/** @req X-48 */
export function requiredText(object: JsonObject, field: string, shownAs = field): string {
  const value = optionalText(object, field, shownAs);
  if (value === undefined) throw invalid(`${shownAs} is required.`);
  return value;
}

/** @req X-48 */
export function optionalText(object: JsonObject, field: string, shownAs = field): string | undefined {
  const value = object[field];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${shownAs} must be a string.`);
}

/** @req X-01 X-48 */
export function requiredBytes(object: JsonObject, field: string): Uint8Array {
  return decodeField(requiredText(object, field), field);
}

/** @req X-01 X-48 */
export function optionalBytes(object: JsonObject, field: string): Uint8Array | undefined {
  const text = optionalText(object, field);
  return text === undefined ? undefined : decodeField(text, field);
}

/** @req X-25 X-27 X-48 */
export function requireValue(text: string, field: string, expected: string): void {
  if (text !== expected) throw invalid(`${field} must be ${expected}.`);
}

function decodeField(text: string, field: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return bytes;
  throw invalid(`${field} must be Base64 of RFC 4648 section 4: standard alphabet, padded, no white space.`);
}

function invalid(detail: string): XksFault {
  return new XksFault('ValidationException', detail);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
