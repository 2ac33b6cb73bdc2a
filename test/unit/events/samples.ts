/** Events, and a sink that a test commands. */
import type { EventBridgeEvent } from '../../../src/domain/kms/event-bridge-event.ts';
import type { KeyDeleted } from '../../../src/domain/ports/kms-events.ts';
import type { EventMeter } from '../../../src/domain/ports/meter.ts';
import { type EventSink, EventSinkFault } from '../../../src/events/event-sink.ts';

export const START_MS = Date.UTC(2026, 0, 2);

export function deleted(number: number): KeyDeleted {
  const keyId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return {
    type: 'KMS CMK Deletion',
    account: '111122223333',
    region: 'eu-central-1',
    keyId,
    atMs: START_MS + number,
  };
}

export function shown(number: number): EventBridgeEvent {
  return {
    version: '0',
    id: `id-${number}`,
    'detail-type': 'KMS CMK Deletion',
    source: 'aws.kms',
    account: '111122223333',
    time: '2026-01-02T00:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: { 'key-id': `key-${number}` },
  };
}

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
