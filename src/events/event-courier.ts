/**
 * Takes events from the store to one sink, in their order, and removes them once it has them. An event that was
 * delivered and not removed, because of a crash in between, comes again. At most one batch is in memory.
 */
import { once } from 'node:events';
import { EVENT_SCOPE } from '../domain/key/record-address.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { EventMeter } from '../domain/ports/meter.ts';
import {
  type RecordChange,
  type RecordStore,
  StoreConflict,
  type StoredRecord,
} from '../domain/ports/record-store.ts';
import { type EventSink, EventSinkFault } from './event-sink.ts';
import { WakeableWait } from './wakeable-wait.ts';

export interface EventCourierOptions {
  readonly sink: EventSink;
  readonly store: RecordStore;
  /** Other engines have the same store: whoever delivers claims first, so that events come once as a rule. */
  readonly shared: boolean;
  /** Of the world outside, whatever the engine's own says: it is compared with that of other engines. */
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: EventMeter;
  /** After the first failure, in milliseconds; doubled with each, up to five minutes. */
  readonly retryMs?: number;
}

export class EventCourier {
  readonly #options: EventCourierOptions;
  readonly #retryMs: number;
  readonly #wait = new WakeableWait();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #stopping = false;
  #failures = 0;
  /** Ids of the events that this engine has claimed last. */
  #claimed: ReadonlySet<string> = new Set();

  /** Starts at once with what waits in the store. */
  constructor(options: EventCourierOptions) {
    this.#options = options;
    this.#retryMs = options.retryMs ?? FIRST_RETRY_MS;
    this.#ended = this.#run();
  }

  /** There is something new in the store. */
  wake(): void {
    if (this.#failures === 0) this.#wait.wake();
    // A store that cannot say is reported by the next attempt.
    else void this.#count().catch(() => undefined);
  }

  /** Makes an attempt to deliver what waits, for so long at most, and ends. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopping = true;
    this.#wait.wake();
    const late = AbortSignal.timeout(patienceMs);
    late.addEventListener('abort', () => this.#abort.abort());
    await Promise.race([this.#ended, once(this.#abort.signal, 'abort')]);
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const waitMs = await this.#deliverNext().catch((error: unknown) => this.#failed(error));
      if (waitMs === 0) continue;
      if (this.#stopping) return;
      await this.#wait.pass(waitMs);
    }
  }

  /** Resolves to how long to wait before the next, in milliseconds. */
  async #deliverNext(): Promise<number> {
    const { sink, meter } = this.#options;
    await this.#count();
    const found = await this.#next();
    if (found === 'claimed') return CLAIM_CHECK_MS;
    if (found.length === 0) return RECHECK_MS;
    await sink.deliver(
      found.map(({ body }) => body.event),
      this.#abort.signal,
    );
    await this.#remove(found);
    meter.eventsDelivered(sink.name, found.length);
    this.#failures = 0;
    return 0;
  }

  async #next(): Promise<readonly StoredRecord<'event'>[] | 'claimed'> {
    const { sink, store, shared, clock } = this.#options;
    const found = await store.list('event', EVENT_SCOPE, { owner: sink.name, limit: sink.batch });
    if (!shared || found.length === 0) return found;
    const nowMs = clock.nowMs();
    if (found.some(({ body }) => (body.claimedUntilMs ?? 0) > nowMs && !this.#claimed.has(body.event.id))) {
      return 'claimed';
    }
    return await this.#claim(found, nowMs + CLAIM_MS);
  }

  async #claim(
    found: readonly StoredRecord<'event'>[],
    claimedUntilMs: number,
  ): Promise<readonly StoredRecord<'event'>[] | 'claimed'> {
    const { sink, store } = this.#options;
    try {
      await store.commit(
        found.map(
          ({ scope, id, body, revision }): RecordChange => ({
            do: 'put',
            kind: 'event',
            address: { scope, id },
            body: { ...body, claimedUntilMs },
            index: { owner: sink.name },
            expect: revision,
          }),
        ),
      );
    } catch (error) {
      if (error instanceof StoreConflict) return 'claimed';
      throw error;
    }
    this.#claimed = new Set(found.map(({ body }) => body.event.id));
    return found.map((record) => ({ ...record, revision: record.revision + 1 }));
  }

  async #remove(delivered: readonly StoredRecord<'event'>[]): Promise<void> {
    try {
      await this.#options.store.commit(
        delivered.map(({ scope, id, revision }) => ({
          do: 'delete',
          kind: 'event',
          address: { scope, id },
          expect: revision,
        })),
      );
    } catch (error) {
      // Removed by a reset, or claimed by another engine that took this one for dead: it is listed again as it is now.
      if (!(error instanceof StoreConflict)) throw error;
    }
  }

  #failed(error: unknown): number {
    const { sink, log, meter } = this.#options;
    const retryMs = Math.min(this.#retryMs * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures += 1;
    meter.eventDeliveryFailed(sink.name);
    log.error('events.undelivered', {
      sink: sink.name,
      error,
      advice: error instanceof EventSinkFault ? error.advice : STORE_ADVICE,
      retryInMs: retryMs,
    });
    return retryMs;
  }

  async #count(): Promise<void> {
    const { sink, store, meter } = this.#options;
    meter.eventsWaiting(sink.name, await store.count('event', EVENT_SCOPE, sink.name));
  }
}

/** Events of other engines that share the store are found without being told. */
const RECHECK_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** Longer than a sink may take. */
const CLAIM_MS = 60_000;
const CLAIM_CHECK_MS = 5_000;
const STORE_ADVICE = 'see what is wrong with the store; the events are kept in it';
