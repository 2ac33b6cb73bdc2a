/**
 * The frame protocol between the process that serves HTTP and a token host process. Both ends are ours
 * and of one version (checked by the greeting), yet a host runs a vendor's library: the decoder trusts
 * nothing that arrives.
 *
 * Layout, big-endian: `u32 length ‖ u32 id ‖ u8 code ‖ u8 lane ‖ u16 tenant ‖ body`; `length` counts
 * everything behind itself. `code` is an operation in a request and a status in a reply. Id 0 is the
 * host's greeting.
 */

/** Bumped whenever any layout in this folder changes. */
export const PROTOCOL_VERSION = 4;

/** Largest value of the length field: header behind it plus body. */
const MAX_FRAME_BYTES = 64 * 1024;

export const MAX_BODY_BYTES = MAX_FRAME_BYTES - 8;

export interface Frame {
  /** Unique among all requests that are not answered yet. */
  readonly id: number;
  readonly code: number;
  readonly lane: number;
  readonly tenant: number;
  readonly body: Uint8Array;
}

/** The peer sent something that no version of this protocol sends: the connection is worthless. */
export class FrameFault extends Error {
  override readonly name = 'FrameFault';
}

/** One frame as bytes, in memory that `allocate` gives. Throws {@link FrameFault} when the body exceeds {@link MAX_BODY_BYTES}. */
export function encodeFrame(frame: Frame, allocate: (length: number) => Buffer = Buffer.allocUnsafe): Buffer {
  const length = HEADER_BYTES + frame.body.length;
  if (length > MAX_FRAME_BYTES) {
    throw new FrameFault(`a frame body may hold ${MAX_BODY_BYTES} bytes, this one has ${frame.body.length}`);
  }
  const bytes = allocate(LENGTH_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(frame.id, 4);
  bytes.writeUInt8(frame.code, 8);
  bytes.writeUInt8(frame.lane, 9);
  bytes.writeUInt16BE(frame.tenant, 10);
  bytes.set(frame.body, LENGTH_BYTES + HEADER_BYTES);
  return bytes;
}

/** Cuts a byte stream into frames. Bodies are views of the chunks where possible: read them before the next turn. */
export class FrameDecoder {
  #rest: Buffer = EMPTY;

  /** The frames completed by `chunk`. Throws {@link FrameFault} on a length no peer of ours sends; the decoder is then spent. */
  push(chunk: Uint8Array): Frame[] {
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const data = this.#rest.length === 0 ? next : Buffer.concat([this.#rest, next]);
    const frames: Frame[] = [];
    let at = 0;
    while (data.length - at >= LENGTH_BYTES) {
      const length = data.readUInt32BE(at);
      if (length < HEADER_BYTES || length > MAX_FRAME_BYTES) {
        throw new FrameFault(`a frame length must be ${HEADER_BYTES} to ${MAX_FRAME_BYTES}, not ${length}`);
      }
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) break;
      frames.push({
        id: data.readUInt32BE(at + 4),
        code: data.readUInt8(at + 8),
        lane: data.readUInt8(at + 9),
        tenant: data.readUInt16BE(at + 10),
        body: data.subarray(at + LENGTH_BYTES + HEADER_BYTES, end),
      });
      at = end;
    }
    this.#rest = at === data.length ? EMPTY : Buffer.from(data.subarray(at));
    return frames;
  }
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 8;
const EMPTY: Buffer = Buffer.alloc(0);
