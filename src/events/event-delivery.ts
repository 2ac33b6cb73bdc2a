/** The events of an engine: into the store with what they tell of, and from there to every sink. */
import { EVENT_SCOPE } from '../domain/key/record-address.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Entropy } from '../domain/ports/entropy.ts';
import type { KmsEvent, KmsEvents } from '../domain/ports/kms-events.ts';
import type { Log } from '../domain/ports/log.ts';
import type { EventMeter } from '../domain/ports/meter.ts';
import type { RecordChange, RecordStore } from '../domain/ports/record-store.ts';
import { EventCourier } from './event-courier.ts';
import { outboxRecords } from './event-outbox.ts';
import type { EventSink } from './event-sink.ts';

export interface EventDeliveryOptions {
  /** None: events are logged, and that is all. */
  readonly sinks: readonly EventSink[];
  readonly store: RecordStore;
  readonly shared: boolean;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: EventMeter;
}

/** Disposing of it delivers what waits, as far as that is a matter of seconds; the rest waits for the next start. */
export class EventDelivery implements KmsEvents, AsyncDisposable {
  readonly #options: EventDeliveryOptions;
  #couriers: readonly EventCourier[] = [];
  #stranded: Promise<void> = Promise.resolve();

  constructor(options: EventDeliveryOptions) {
    this.#options = options;
  }

  /** From now on events are delivered, and first those that wait. */
  start(): void {
    const options = this.#options;
    this.#couriers = options.sinks.map((sink) => new EventCourier({ ...options, sink }));
    this.#stranded = this.#warnOfStranded();
  }

  recordsOf(event: KmsEvent): readonly RecordChange[] {
    const { sinks, entropy } = this.#options;
    if (sinks.length === 0) return [];
    return outboxRecords(
      event,
      sinks.map(({ name }) => name),
      entropy,
    );
  }

  happened({ type, ...what }: KmsEvent): void {
    this.#options.log.info('kms.event', { type, ...what });
    for (const courier of this.#couriers) courier.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.stop(PATIENCE_MS)));
    await this.#stranded;
  }

  /** Events under a name that the configuration does not have any more stay until it has it again. */
  async #warnOfStranded(): Promise<void> {
    const { sinks, store, log } = this.#options;
    try {
      let stranded = await store.count('event', EVENT_SCOPE);
      for (const { name } of sinks) stranded -= await store.count('event', EVENT_SCOPE, name);
      if (stranded > 0) log.warn('events.stranded', { count: stranded, advice: STRANDED });
    } catch (error) {
      log.warn('events.uncounted', { error });
    }
  }
}

/** A stop waits for a sink that is slow, and not for one that is gone. */
const PATIENCE_MS = 3_000;
const STRANDED =
  'they wait for sinks that kms.events does not name any more; they go to the sink that gets such a name';
