/** A token host played by the test: it greets, records what it is asked, and answers what the test says. */
import { type Duplex, duplexPair } from 'node:stream';
import type { HsmFaultCode } from '../../src/domain/hsm-fault.ts';
import { Channel } from '../../src/hsm/wire/channel.ts';
import { type Frame, PROTOCOL_VERSION } from '../../src/hsm/wire/frame.ts';
import { encodeJson, STATUS_OK, statusOf } from '../../src/hsm/wire/messages.ts';

export class ScriptedHost {
  /** The end that the code under test holds. */
  readonly socket: Duplex;
  readonly raw: Duplex;
  readonly asked: Frame[] = [];
  readonly #channel: Channel;
  closed = '';

  constructor(options: { greet?: unknown; onFrame?: (frame: Frame, host: ScriptedHost) => void } = {}) {
    const [ours, theirs] = duplexPair();
    this.socket = theirs;
    this.raw = ours;
    this.#channel = new Channel(ours, {
      onFrames: (frames) => {
        for (const frame of frames) {
          this.asked.push(frame);
          options.onFrame?.(frame, this);
        }
      },
      onClosed: (reason) => {
        this.closed = reason;
      },
    });
    const greeting = options.greet ?? { protocolVersion: PROTOCOL_VERSION, pid: 1 };
    this.#channel.send({ id: 0, code: STATUS_OK, lane: 0, tenant: 0, body: encodeJson(greeting) });
  }

  answer(frame: Frame, body: Uint8Array = new Uint8Array(0)): void {
    this.#channel.send({ ...frame, code: STATUS_OK, body });
  }

  fail(frame: Frame, code: HsmFaultCode, report: object = { detail: code }): void {
    this.#channel.send({ ...frame, code: statusOf(code), body: encodeJson(report) });
  }

  send(frame: Frame): void {
    this.#channel.send(frame);
  }

  close(): void {
    this.#channel.close();
  }
}
