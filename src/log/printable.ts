/**
 * Turns whatever a caller logs into plain JSON values of bounded size. Bytes are never printed, nor are
 * fields whose names say secret, nor objects of classes that do not know how to print themselves (a
 * request would bring its Authorization header along).
 */
import { describeError } from './describe-error.ts';

/** A value fit for JSON.stringify. @req X-69 */
export function printable(value: unknown): unknown {
  return convert(value, 0);
}

function boundedText(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  return `${text.slice(0, MAX_CHARS)}… [${text.length - MAX_CHARS} more]`;
}

function convert(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return boundedText(value);
    case 'bigint':
      return value.toString();
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : convertObject(value, depth);
    default:
      return `[${typeof value}]`;
  }
}

function convertObject(value: object, depth: number): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (value instanceof Error) return convert(describeError(value), depth + 1);
  if (Array.isArray(value)) return convertArray(value, depth);
  if (hasToJson(value)) return convert(value.toJSON(), depth + 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return convertFields(value, depth);
  return `[${value.constructor.name || 'object'}]`;
}

function convertArray(values: readonly unknown[], depth: number): unknown[] {
  const shown = values.slice(0, MAX_ITEMS).map((value) => convert(value, depth + 1));
  return values.length > MAX_ITEMS ? [...shown, `[${values.length - MAX_ITEMS} more]`] : shown;
}

function convertFields(value: object, depth: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const names = Object.keys(value);
  for (const name of names.length > MAX_ITEMS ? names.slice(0, MAX_ITEMS) : names) {
    const field = (value as Record<string, unknown>)[name];
    const shown =
      field !== undefined && SECRET_NAMES.has(name.toLowerCase()) ? '[redacted]' : convert(field, depth + 1);
    // A field of this name would set the prototype instead.
    if (name === '__proto__') Object.defineProperty(fields, name, { value: shown, enumerable: true });
    else fields[boundedText(name)] = shown;
  }
  if (names.length > MAX_ITEMS) fields['…'] = `[${names.length - MAX_ITEMS} more]`;
  return fields;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

const MAX_CHARS = 2_048;
const MAX_ITEMS = 64;
/** Ends cycles too. */
const MAX_DEPTH = 6;

/** A second line of defence, in lower case: callers do not log these at all. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'authorization',
  'passphrase',
  'password',
  'pin',
  'plaintext',
  'privatekey',
  'secret',
  'secretaccesskey',
  'sopin',
]);
