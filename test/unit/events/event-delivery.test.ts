/** Events stay in the store until every sink has them. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { EventCourier } from '../../../src/events/event-courier.ts';
import { EventDelivery } from '../../../src/events/event-delivery.ts';
import { outboxRecords } from '../../../src/events/event-outbox.ts';
import type { EventSink } from '../../../src/events/event-sink.ts';
import { CommandedSink, SeenMeter } from '../../support/event-sinks.ts';
import { until } from '../../support/running-proxy.ts';
import { SeenLog } from '../../support/seen-log.ts';
import { WatchedStore } from '../../support/watched-store.ts';
import { deleted } from './samples.ts';

const ENTROPY = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };

class Stand {
  readonly store = new WatchedStore();
  readonly log = new SeenLog();
  readonly meter = new SeenMeter();
  nowMs = 1_000_000;
  readonly #clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };

  delivery(...sinks: EventSink[]): EventDelivery {
    const delivery = new EventDelivery({ ...this.#parts(), sinks, shared: false, entropy: ENTROPY });
    delivery.start();
    return delivery;
  }

  courier(sink: EventSink, { shared = false, retryMs = 1 } = {}): EventCourier {
    return new EventCourier({ ...this.#parts(), sink, shared, retryMs });
  }

  /** As a commit of the engine leaves them. */
  async add(numbers: readonly number[], ...sinks: string[]): Promise<void> {
    for (const number of numbers) {
      await this.store.commit([...outboxRecords(deleted(number), sinks, ENTROPY)]);
    }
  }

  count(sink?: string): Promise<number> {
    return this.store.count('event', '', sink);
  }

  #parts() {
    return { store: this.store, log: this.log, meter: this.meter, clock: this.#clock };
  }
}

describe('an engine without sinks', () => {
  it('commits nothing with what happens, and logs it', async () => {
    const stand = new Stand();
    await using delivery = stand.delivery();
    delivery.happened(deleted(1));

    expect(delivery.recordsOf(deleted(1))).toStrictEqual([]);
    expect(stand.log.of('kms.event')).toStrictEqual([deleted(1)]);
  });
});

describe('an event', () => {
  it('is given to every sink under one id, and gone from the store then', async () => {
    const stand = new Stand();
    const [one, other] = [new CommandedSink('one'), new CommandedSink('other')];
    await using delivery = stand.delivery(one, other);
    await stand.store.commit([...delivery.recordsOf(deleted(7))]);
    delivery.happened(deleted(7));
    await until(async () => (await stand.count()) === 0);

    expect(one.taken).toHaveLength(1);
    expect(one.taken).toStrictEqual(other.taken);
    expect(one.taken[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      detail: { 'key-id': '00000000-0000-4000-8000-000000000007' },
    });
  });

  it('of an engine that ended before it was delivered is delivered by the next', async () => {
    const stand = new Stand();
    await stand.add([1, 2, 3, 4, 5, 6, 7], 'sink');
    const sink = new CommandedSink();
    await using _ = stand.delivery(sink);
    await until(async () => (await stand.count()) === 0);

    expect(sink.keyNumbers).toStrictEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(sink.batches).toStrictEqual([3, 3, 1]);
    expect(stand.meter.delivered.get('sink')).toBe(7);
    await until(() => stand.meter.waiting.get('sink') === 0);
  });

  it('that was delivered and not removed comes again with the same id', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    let broken = true;
    stand.store.beforeCommit = async () => {
      if (broken) throw new Error('the disk is full');
    };
    const courier = stand.courier(sink);
    await until(() => sink.taken.length >= 2);
    broken = false;
    await until(async () => (await stand.count()) === 0);
    await courier.stop(1_000);

    expect(new Set(sink.taken.map(({ id }) => id)).size).toBe(1);
    expect(stand.log.of('events.undelivered')[0]).toMatchObject({
      advice: 'see what is wrong with the store; the events are kept in it',
    });
  });

  it('that a reset took away meanwhile is not missed', async () => {
    const stand = new Stand();
    await stand.add([1, 2], 'sink');
    const sink = new CommandedSink('sink', 1);
    sink.before = async () => {
      sink.before = () => Promise.resolve();
      await stand.store.reset();
    };
    const courier = stand.courier(sink);
    await until(() => sink.taken.length === 1);
    await stand.add([3], 'sink');
    courier.wake();
    await until(() => sink.taken.length === 2);
    await courier.stop(1_000);

    expect(sink.keyNumbers).toStrictEqual([1, 3]);
    expect(stand.log.of('events.undelivered')).toStrictEqual([]);
  });

  it('under a name that no sink has any more waits, and the log says so', async () => {
    const stand = new Stand();
    await stand.add([1, 2], 'gone', 'sink');
    await stand.delivery(new CommandedSink())[Symbol.asyncDispose]();

    expect(stand.log.of('events.stranded')).toMatchObject([{ count: 2 }]);
    expect(await stand.count('gone')).toBe(2);
    expect(await stand.count('sink')).toBe(0);
  });
});

it('a store that cannot count at the start is named in the log', async () => {
  const stand = new Stand();
  vi.spyOn(stand.store, 'count').mockRejectedValue(new Error('the store is away'));
  await stand.delivery()[Symbol.asyncDispose]();

  expect(stand.log.of('events.uncounted')).toHaveLength(1);
});

describe('a sink that refuses', () => {
  it('is asked again later and later, keeps its events, and has them all once it takes them', async () => {
    const stand = new Stand();
    await stand.add([1, 2, 3, 4], 'sink');
    const sink = new CommandedSink();
    sink.before = async () => {
      sink.refuses = sink.attempts <= 4;
    };
    const courier = stand.courier(sink);
    await until(async () => (await stand.count()) === 0);
    await courier.stop(1_000);

    expect(sink.keyNumbers).toStrictEqual([1, 2, 3, 4]);
    expect(stand.meter.failed.get('sink')).toBe(4);
    expect(stand.log.of('events.undelivered')).toMatchObject(
      [1, 2, 4, 8].map((retryInMs) => ({ sink: 'sink', advice: 'ask it not to', retryInMs })),
    );
  });

  it('is asked at least every five minutes', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    sink.refuses = true;
    const courier = stand.courier(sink, { retryMs: 10 ** 9 });
    await until(() => sink.attempts === 1);
    await courier.stop(1_000);

    expect(stand.log.of('events.undelivered')).toMatchObject([
      { retryInMs: 300_000 },
      { retryInMs: 300_000 },
    ]);
  });

  it('holds up no other', async () => {
    const stand = new Stand();
    const [bad, good] = [new CommandedSink('bad'), new CommandedSink('good')];
    bad.refuses = true;
    await stand.add([1, 2, 3, 4], 'bad', 'good');
    await using _ = stand.delivery(bad, good);
    await until(async () => (await stand.count('good')) === 0);

    expect(good.keyNumbers).toStrictEqual([1, 2, 3, 4]);
    expect(await stand.count('bad')).toBe(4);
  });

  it('is not asked for each new event, which is counted', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    sink.refuses = true;
    const courier = stand.courier(sink, { retryMs: 100_000 });
    await until(() => stand.meter.failed.get('sink') === 1);
    await stand.add([2], 'sink');
    courier.wake();
    await until(() => stand.meter.waiting.get('sink') === 2);
    const count = vi.spyOn(stand.store, 'count').mockRejectedValue(new Error('the store is away'));
    courier.wake();
    await until(() => count.mock.calls.length === 1);

    expect(sink.attempts).toBe(1);
    await courier.stop(1_000);
  });
});

describe('the end of an engine', () => {
  it('waits for what can be delivered', async () => {
    const stand = new Stand();
    const sink = new CommandedSink();
    const delivery = stand.delivery(sink);
    await stand.add([1, 2, 3, 4, 5, 6, 7], 'sink');
    await delivery[Symbol.asyncDispose]();

    expect(sink.taken).toHaveLength(7);
    expect(await stand.count()).toBe(0);
  });

  it('gives a sink that failed one more try, and its events to the next start', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    sink.refuses = true;
    const courier = stand.courier(sink, { retryMs: 100_000 });
    await until(() => sink.attempts === 1);
    await courier.stop(1_000);

    expect(sink.attempts).toBe(2);
    expect(await stand.count()).toBe(1);
  });

  it('waits for no sink that is stuck, and tells it', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    let told = false;
    sink.before = (signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          told = true;
        });
      });
    const courier = stand.courier(sink);
    await until(() => sink.attempts === 1);
    await courier.stop(50);

    expect(told).toBe(true);
    expect(await stand.count()).toBe(1);
  });
});

describe('engines that share a store', () => {
  it('deliver each event once, in order', async () => {
    const stand = new Stand();
    const numbers = Array.from({ length: 10 }, (_, number) => number);
    await stand.add(numbers, 'sink');
    const sink = new CommandedSink('sink', 2);
    const couriers = [1, 2, 3].map(() => stand.courier(sink, { shared: true }));
    await until(async () => (await stand.count()) === 0);
    await Promise.all(couriers.map((courier) => courier.stop(1_000)));

    expect(sink.keyNumbers).toStrictEqual(numbers);
  });

  it('take over from one that ended in the middle, once its claim is over', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const stuck = new CommandedSink();
    stuck.before = () => new Promise(() => undefined);
    const dead = stand.courier(stuck, { shared: true });
    await until(() => stuck.attempts === 1);
    const sink = new CommandedSink();
    const early = stand.courier(sink, { shared: true });
    await early.stop(1_000);
    expect(sink.attempts).toBe(0);
    stand.nowMs += 60_001;
    await stand.courier(sink, { shared: true }).stop(1_000);
    await dead.stop(10);

    expect(sink.keyNumbers).toStrictEqual([1]);
    expect(await stand.count()).toBe(0);
  });

  it('deliver nothing that they cannot claim', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    stand.store.beforeCommit = () => Promise.reject(new Error('the disk is full'));
    const sink = new CommandedSink();
    await stand.courier(sink, { shared: true }).stop(1_000);

    expect(sink.attempts).toBe(0);
    expect(stand.meter.failed.get('sink')).toBe(1);
  });

  it('try again what they have claimed themselves', async () => {
    const stand = new Stand();
    await stand.add([1], 'sink');
    const sink = new CommandedSink();
    sink.refuses = true;
    const courier = stand.courier(sink, { shared: true });
    await until(() => sink.attempts >= 2);
    sink.refuses = false;
    await until(async () => (await stand.count()) === 0);
    await courier.stop(1_000);

    expect(sink.keyNumbers).toStrictEqual([1]);
  });
});
