/** Decoders of texts, bytes, numbers, booleans and times, each made once for its shape. */
import { decodeBase64 } from '../http/base64.ts';
import { wrongType } from './json-type.ts';
import type { Shape } from './model.ts';
import type { ShownValue, Violations } from './violations.ts';

/**
 * Turns a JSON value, never null, into what the engine takes. A broken constraint goes into `found`, and the value is
 * then of no use. Fault: `SerializationException` for a value of the wrong type.
 */
export type Decoder = (value: unknown, path: string, found: Violations) => unknown;

export function textDecoder(shape: Shape): Decoder {
  const { sensitive = false } = shape;
  const checkLength = lengthCheck(shape);
  const values = shape.enum === undefined ? undefined : new Set(shape.enum);
  const matches = shape.pattern === undefined ? undefined : wholeMatch(shape.pattern);
  const enumText = `Member must satisfy enum value set: [${shape.enum?.join(', ')}]`;
  const patternText = `Member must satisfy regular expression pattern: ${shape.pattern}`;
  return (value, path, found) => {
    // Half a surrogate pair is no text: its UTF-8 form would be that of every other one.
    if (typeof value !== 'string' || !value.isWellFormed()) throw wrongType(value, 'a String', path);
    const shown = (): ShownValue => (sensitive ? 'sensitive' : { text: value });
    checkLength(value.length, path, shown, found);
    if (values?.has(value) === false) found.add(path, shown(), enumText);
    if (matches?.test(value) === false) found.add(path, shown(), patternText);
    return value;
  };
}

export function blobDecoder(shape: Shape): Decoder {
  const checkLength = lengthCheck(shape);
  return (value, path, found) => {
    const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
    if (bytes === undefined) throw wrongType(value, 'a Blob of standard, padded Base64', path);
    const { length } = bytes;
    const shown = (): ShownValue =>
      shape.sensitive === true
        ? 'sensitive'
        : { text: `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]` };
    checkLength(length, path, shown, found);
    return bytes;
  };
}

export function integerDecoder({ min = -MAX_INTEGER, max = MAX_INTEGER }: Shape): Decoder {
  return (value, path, found) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_INTEGER) {
      throw wrongType(value, 'an Integer', path);
    }
    if (value < min) found.add(path, { text: `${value}` }, `${HAVE_VALUE} greater than or equal to ${min}`);
    if (value > max) found.add(path, { text: `${value}` }, `${HAVE_VALUE} less than or equal to ${max}`);
    return value;
  };
}

export function booleanDecoder(): Decoder {
  return (value, path) => {
    if (typeof value !== 'boolean') throw wrongType(value, 'a Boolean', path);
    return value;
  };
}

/** Seconds since 1970, with a fraction or without, become milliseconds. */
export function timestampDecoder(): Decoder {
  return (value, path) => {
    const ms = typeof value === 'number' ? Math.round(value * 1000) : Number.NaN;
    if (!(Math.abs(ms) <= MAX_TIME_MS)) throw wrongType(value, 'a Timestamp', path);
    return ms;
  };
}

/** Checks a length in characters, bytes or members, as the shape counts. */
export function lengthCheck({
  min = 0,
  max = Number.POSITIVE_INFINITY,
}: Shape): (length: number, path: string, shown: () => ShownValue, found: Violations) => void {
  return (length, path, shown, found) => {
    if (length < min) found.add(path, shown(), `${HAVE_LENGTH} greater than or equal to ${min}`);
    if (length > max) found.add(path, shown(), `${HAVE_LENGTH} less than or equal to ${max}`);
  };
}

/** The model's patterns are Java's: they match the whole value, and `\s` there means ASCII alone. */
function wholeMatch(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll('\\s', ' \\t\\n\\v\\f\\r')})$`);
}

const HAVE_LENGTH = 'Member must have length';
const HAVE_VALUE = 'Member must have value';
const MAX_INTEGER = 2 ** 31 - 1;
/** The furthest time that a Date can hold. */
const MAX_TIME_MS = 8.64e15;
