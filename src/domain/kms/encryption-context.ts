/** The encryption context of symmetric cryptography: pairs of texts that are authenticated, not encrypted, and not kept. */
import { KmsFault } from './kms-fault.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

/**
 * The bytes that stand for a context as associated data: the pairs in the order of their keys' UTF-8 bytes, each key
 * and each value after its length in two bytes. Different contexts have different bytes; no context has none, like an
 * empty one. Fault: `ValidationException` for what is longer than 8 192 bytes, or is no Unicode text.
 */
export function canonicalContext(context: EncryptionContext | undefined): Uint8Array {
  const pairs = Object.entries(context ?? {});
  if (pairs.length === 0) return NONE;
  const encoded = pairs.map(([key, value]) => ({ key: utf8Of(key), value: utf8Of(value) }));
  const size = encoded.reduce((sum, { key, value }) => sum + pairLength(key, value), 0);
  if (size > MAX_CONTEXT_BYTES) {
    throw new KmsFault(
      'ValidationException',
      `The encryption context is ${size} bytes long with two bytes for the length of each key and value; the limit is ${MAX_CONTEXT_BYTES}.`,
    );
  }
  encoded.sort((left, right) => compareBytes(left.key, right.key));
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { key, value } of encoded) {
    at = writeField(bytes, at, key);
    at = writeField(bytes, at, value);
  }
  return bytes;
}

/** Refuses what {@link canonicalContext} refuses, and has less work with what is short. */
export function checkContext(context: EncryptionContext | undefined): void {
  if (context === undefined) return;
  let units = 0;
  for (const [key, value] of Object.entries(context)) {
    if (!key.isWellFormed() || !value.isWellFormed()) throw notUnicode();
    units += pairLength(key, value);
  }
  if (units * MAX_BYTES_PER_UNIT > MAX_CONTEXT_BYTES) canonicalContext(context);
}

function pairLength(key: string | Uint8Array, value: string | Uint8Array): number {
  return LENGTH_BYTES + key.length + LENGTH_BYTES + value.length;
}

function writeField(bytes: Uint8Array, at: number, field: Uint8Array): number {
  bytes[at] = field.length >> 8;
  bytes[at + 1] = field.length & 0xff;
  bytes.set(field, at + LENGTH_BYTES);
  return at + LENGTH_BYTES + field.length;
}

/**
 * The encoder would write every lone surrogate as U+FFFD, so that different texts had the same bytes. Nearly all texts
 * are short and ASCII, for which it takes longer than this loop.
 */
function utf8Of(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > LAST_ASCII) return encoded(text);
    bytes[at] = unit;
  }
  return bytes;
}

function encoded(text: string): Uint8Array {
  if (!text.isWellFormed()) throw notUnicode();
  return ENCODER.encode(text);
}

function notUnicode(): KmsFault {
  return new KmsFault(
    'ValidationException',
    'The encryption context has a key or value with half of a surrogate pair, which no UTF-8 text can hold.',
  );
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const MAX_CONTEXT_BYTES = 8192;
const LENGTH_BYTES = 2;
const LAST_ASCII = 0x7f;
/** UTF-8 of one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const NONE = new Uint8Array(0);
const ENCODER = new TextEncoder();
