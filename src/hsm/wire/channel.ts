/**
 * Sends and receives frames over a socket. What is sent within one turn of the event loop leaves in few writes: each
 * costs as much as a short encryption. Not in one, for the peer works on the first while this end makes the next.
 */
import type { Duplex } from 'node:stream';
import { encodeFrame, type Frame, FrameDecoder } from './frame.ts';

export interface ChannelEvents {
  onFrames(frames: readonly Frame[]): void;
  /** The peer is gone, or sent garbage, after which it is cut off. Called once. */
  onClosed(reason: string, garbage: boolean): void;
}

export class Channel {
  readonly #socket: Duplex;
  readonly #events: ChannelEvents;
  readonly #decoder = new FrameDecoder();
  #pending: Buffer[] = [];
  #flushScheduled = false;
  #closed = false;

  constructor(socket: Duplex, events: ChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#close(`socket error: ${error.message}`));
    socket.on('end', () => this.#close('the peer closed the connection'));
    socket.on('close', () => this.#close('the connection closed'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A frame that holds a PIN or key material leaves at once, in a buffer of its own that is wiped when it is written. */
  sendAndWipe(frame: Frame): void {
    if (this.#closed) return;
    this.flush();
    const bytes = encodeFrame(frame, Buffer.alloc);
    this.#socket.write(bytes, () => bytes.fill(0));
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    this.#pending.push(encodeFrame(frame));
    if (this.#pending.length >= FRAMES_IN_A_WRITE) {
      this.#write();
      return;
    }
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => this.flush());
  }

  /** Writes at once what waits for the end of the turn. */
  flush(): void {
    this.#flushScheduled = false;
    if (!this.#closed && this.#pending.length > 0) this.#write();
  }

  #write(): void {
    const [first] = this.#pending;
    const bytes = this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#socket.write(bytes);
  }

  close(): void {
    this.flush();
    this.#closed = true;
    this.#socket.end();
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    let frames: Frame[];
    try {
      frames = this.#decoder.push(chunk);
    } catch (error) {
      this.#close(error instanceof Error ? error.message : String(error), true);
      this.#socket.destroy();
      return;
    }
    if (frames.length > 0) this.#events.onFrames(frames);
  }

  #close(reason: string, garbage = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#events.onClosed(reason, garbage);
  }
}

/** Fewer cost time in system calls, more leave the peer idle for longer. */
const FRAMES_IN_A_WRITE = 8;
