/** A sink of events that a test commands, and a meter that keeps what it is told. */
import type { EventBridgeEvent } from '../../src/domain/kms/event-bridge-event.ts';
import type { EventMeter } from '../../src/domain/ports/meter.ts';
import { type EventSink, EventSinkFault } from '../../src/events/event-sink.ts';

/** Takes what it is given until it is told to refuse. */
export class CommandedSink implements EventSink {
  readonly name: string;
  readonly batch: number;
  readonly taken: EventBridgeEvent[] = [];
  readonly batches: number[] = [];
  refuses = false;
  attempts = 0;
  /** Awaited before anything is taken. */
  before: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(name = 'sink', batch = 3) {
    this.name = name;
    this.batch = batch;
  }

  get keyNumbers(): number[] {
    return this.taken.map(({ detail }) => Number(detail['key-id']?.slice(-12)));
  }

  async deliver(events: readonly EventBridgeEvent[], signal: AbortSignal): Promise<void> {
    this.attempts += 1;
    await this.before(signal);
    if (this.refuses) throw new EventSinkFault('it refuses', 'ask it not to');
    this.taken.push(...events);
    this.batches.push(events.length);
  }
}

export class SeenMeter implements EventMeter {
  readonly delivered = new Map<string, number>();
  readonly failed = new Map<string, number>();
  readonly waiting = new Map<string, number>();

  eventsDelivered(sink: string, count: number): void {
    this.delivered.set(sink, (this.delivered.get(sink) ?? 0) + count);
  }

  eventDeliveryFailed(sink: string): void {
    this.failed.set(sink, (this.failed.get(sink) ?? 0) + 1);
  }

  eventsWaiting(sink: string, count: number): void {
    this.waiting.set(sink, count);
  }
}
