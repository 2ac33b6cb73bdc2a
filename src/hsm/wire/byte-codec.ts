/** Length-prefixed fields inside frame bodies: a writer that sizes itself and a reader that checks every bound. */
import { FrameFault } from './frame.ts';

/** Joins fields, each with a big-endian length of 1 or 2 bytes, and an unprefixed tail. */
export function joinFields(fields: readonly FieldToWrite[], tail: Uint8Array = EMPTY): Buffer {
  let length = tail.length;
  for (const field of fields) length += field.width + field.bytes.length;
  const joined = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { width, bytes } of fields) {
    if (bytes.length > (width === 1 ? 0xff : 0xffff)) {
      throw new FrameFault(`a field with a ${width}-byte length cannot hold ${bytes.length} bytes`);
    }
    at = joined.writeUIntBE(bytes.length, at, width);
    joined.set(bytes, at);
    at += bytes.length;
  }
  joined.set(tail, at);
  return joined;
}

export interface FieldToWrite {
  readonly width: 1 | 2;
  readonly bytes: Uint8Array;
}

/** Reads what {@link joinFields} wrote; a length that runs past the end throws {@link FrameFault}. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  field(width: 1 | 2): Buffer {
    const start = this.#at + width;
    if (start > this.#bytes.length) throw new FrameFault('a field length is cut off');
    const end = start + this.#bytes.readUIntBE(this.#at, width);
    if (end > this.#bytes.length) throw new FrameFault('a field runs past the end of its frame');
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  /** Everything that is left. */
  tail(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }
}

/** UTF-8, at most 255 bytes. */
export function text(value: string): FieldToWrite {
  return { width: 1, bytes: Buffer.from(value, 'utf8') };
}

export function readText(reader: FieldReader): string {
  return reader.field(1).toString('utf8');
}

/** A number of two bytes, with their count in front. */
export function u16(value: number): FieldToWrite {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return { width: 1, bytes };
}

export function readU16(reader: FieldReader): number {
  const bytes = reader.field(1);
  if (bytes.length !== 2) throw new FrameFault(`a number of two bytes has ${bytes.length}`);
  return bytes.readUInt16BE(0);
}

const EMPTY = new Uint8Array(0);
