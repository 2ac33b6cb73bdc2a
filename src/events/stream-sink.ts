/** Events as lines of JSON on a stream: standard output. */
import type { Writable } from 'node:stream';
import type { EventBridgeEvent } from '../domain/kms/event-bridge-event.ts';
import { type EventSink, EventSinkFault, jsonLines } from './event-sink.ts';

export class StreamSink implements EventSink {
  readonly name: string;
  readonly batch = 100;
  readonly #stream: Pick<Writable, 'write'>;

  constructor(name: string, stream: Pick<Writable, 'write'>) {
    this.name = name;
    this.#stream = stream;
  }

  async deliver(events: readonly EventBridgeEvent[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(jsonLines(events), 'utf8', (error) => {
        if (error === undefined || error === null) resolve();
        else reject(new EventSinkFault('the stream cannot be written', ADVICE, { cause: error }));
      });
    });
  }
}

const ADVICE = 'see that whoever reads the standard output of this process still does';
