import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/domain/ports/clock.ts';
import { type RecordStore, type StoredRecord, StoreFailure } from '../../../src/domain/ports/record-store.ts';
import { AdjustableClock } from '../../../src/schedule/adjustable-clock.ts';
import { Scheduler } from '../../../src/schedule/scheduler.ts';
import { systemTimer } from '../../../src/schedule/timer.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { SeenLog } from '../../support/seen-log.ts';
import { at, put, remove } from '../../support/store/records.ts';

type Setting = StoredRecord<'setting'>;

describe('the scheduler', () => {
  it('runs what is due and nothing else, the longest overdue first', async () => {
    const stand = new Stand(1);
    await stand.due({ b: 900, a: 950, c: 1_000, d: 1_001, never: undefined });
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual(['b', 'a', 'c']);
    expect(await stand.store.nextDueMs('setting')).toBe(1_001);
  });

  it('runs more than it may at once, in turn', async () => {
    const stand = new Stand(3);
    await stand.due(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`r${n}`, n])));
    await stand.scheduler.settle();

    expect(stand.ran).toHaveLength(50);
    expect(new Set(stand.ran).size).toBe(50);
    expect(stand.mostAtOnce).toBe(3);
  });

  it('waits for the next due time, and then runs', async () => {
    const stand = new Stand();
    await stand.due({ soon: 6_000 });
    await stand.scheduler.settle();
    expect(stand.timer.waits).toStrictEqual([5_000]);

    await stand.pass(5_000);
    expect(stand.ran).toStrictEqual(['soon']);
    expect(stand.timer.waits).toStrictEqual([60_000]);
  });

  it('looks again once a minute, in case the clock was set', async () => {
    const stand = new Stand();
    await stand.due({ later: 86_400_000 });
    await stand.scheduler.settle();
    expect(stand.timer.waits).toStrictEqual([60_000]);

    stand.clock.advance(86_400_000);
    await stand.pass(60_000);
    expect(stand.ran).toStrictEqual(['later']);
  });

  it('looks at once when it is woken', async () => {
    const stand = new Stand();
    await stand.scheduler.settle();
    await stand.due({ new: 500 });
    stand.scheduler.wake();
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual(['new']);
  });

  it('never runs one record twice at a time', async () => {
    const stand = new Stand();
    const gate = Promise.withResolvers<void>();
    stand.before = () => gate.promise;
    await stand.due({ slow: 1, other: 2 });
    for (let n = 0; n < 5; n += 1) {
      stand.scheduler.wake();
      await turns();
    }
    const started = [...stand.started];
    gate.resolve();
    await stand.scheduler.settle();

    expect(started).toStrictEqual(['slow', 'other']);
    expect(stand.ran).toStrictEqual(['slow', 'other']);
  });

  it('leaves alone what was changed since it was found', async () => {
    const stand = new Stand();
    await stand.due({ gone: 1, moved: 2 });
    const found = stand.store.due.bind(stand.store);
    stand.store.due = async (kind, untilMs, limit) => {
      const due = await found(kind, untilMs, limit);
      stand.store.due = found;
      await stand.store.commit([remove(at('gone'), 1), put(at('moved'), 0, 1, { dueMs: 9_999 })]);
      return due;
    };
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual([]);
  });

  it('tries again what failed, later each time, and goes on with the others', async () => {
    const stand = new Stand(1);
    let failures = 3;
    stand.before = async ({ id }) => {
      if (id === 'bad' && failures-- > 0) throw new StoreFailure('not now');
    };
    await stand.due({ bad: 1, good: 2 });
    await stand.scheduler.settle();
    expect(stand.ran).toStrictEqual(['good']);
    const waits = stand.log.of('schedule.failed').map(({ retryMs }) => retryMs);
    for (const ms of [999, 1, 1_999, 1, 3_999]) await stand.pass(ms);
    expect(stand.ran).toStrictEqual(['good']);
    await stand.pass(1);

    expect(waits).toStrictEqual([1_000]);
    expect(stand.log.of('schedule.failed')).toMatchObject([
      { kind: 'setting', scope: at('').scope, id: 'bad', retryMs: 1_000, error: { message: 'not now' } },
      { retryMs: 2_000 },
      { retryMs: 4_000 },
    ]);
    expect(stand.ran).toStrictEqual(['good', 'bad']);
  });

  it('waits no longer than five minutes for the next attempt', async () => {
    const stand = new Stand();
    stand.before = () => Promise.reject(new StoreFailure('never'));
    await stand.due({ bad: 1 });
    for (let n = 0; n < 12; n += 1) {
      await stand.scheduler.settle();
      await stand.pass(300_000);
    }

    expect(stand.log.of('schedule.failed').map(({ retryMs }) => retryMs)).toStrictEqual([
      ...[
        1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000,
        300_000,
      ],
    ]);
  });

  it('starves nobody when more records fail than may run at once', async () => {
    const stand = new Stand(2);
    stand.before = ({ id }) =>
      id.startsWith('bad') ? Promise.reject(new StoreFailure('no')) : Promise.resolve();
    await stand.due({
      ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`bad${n}`, n])),
      good: 900,
    });
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual(['good']);
    expect(stand.log.of('schedule.failed')).toHaveLength(20);
    expect(stand.timer.waits).toStrictEqual([1_000]);
  });

  it('tries at once when a record that failed was changed', async () => {
    const stand = new Stand();
    stand.before = ({ revision }) =>
      revision === 1 ? Promise.reject(new StoreFailure('no')) : Promise.resolve();
    await stand.due({ a: 1 });
    await stand.scheduler.settle();
    await stand.store.commit([put(at('a'), 'mended', 1, { dueMs: 1 })]);
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual(['a']);
  });

  it('starts anew with a record that was made again after its failures', async () => {
    const stand = new Stand();
    stand.before = () => Promise.reject(new StoreFailure('no'));
    await stand.due({ a: 1 });
    await stand.scheduler.settle();
    await stand.store.commit([remove(at('a'), 1)]);
    await stand.scheduler.settle();
    await stand.due({ a: 1 });
    await stand.scheduler.settle();

    expect(stand.log.of('schedule.failed').map(({ retryMs }) => retryMs)).toStrictEqual([1_000, 1_000]);
  });

  it('holds back a record that its job leaves as it was', async () => {
    const stand = new Stand();
    stand.finish = false;
    await stand.due({ a: 1 });
    await stand.scheduler.settle();
    await stand.scheduler.settle();

    expect(stand.ran).toStrictEqual(['a']);
    expect(stand.log.of('schedule.unchanged')).toMatchObject([{ id: 'a', retryMs: 1_000 }]);
  });

  it('outlives a store that cannot be read', async () => {
    const stand = new Stand();
    await stand.due({ a: 1 });
    const found = stand.store.due.bind(stand.store);
    stand.store.due = () => Promise.reject(new StoreFailure('the disk is full'));
    await stand.scheduler.settle();
    await stand.scheduler.settle();
    stand.store.due = found;
    const waits = stand.timer.waits;
    await stand.pass(2_000);

    expect(stand.log.of('schedule.unreadable')).toMatchObject([{ retryMs: 1_000 }, { retryMs: 2_000 }]);
    expect(waits).toStrictEqual([2_000]);
    expect(stand.ran).toStrictEqual(['a']);
  });

  it('waits for what runs when it is stopped, and starts nothing more', async () => {
    const stand = new Stand(1);
    const gate = Promise.withResolvers<void>();
    stand.before = () => gate.promise;
    await stand.due({ a: 1, b: 2 });
    stand.scheduler.wake();
    await turns();
    const stopped = stand.scheduler[Symbol.asyncDispose]();
    gate.resolve();
    await stopped;
    stand.scheduler.wake();
    await turns();

    expect(stand.ran).toStrictEqual(['a']);
    expect(stand.timer.waits).toStrictEqual([]);
  });

  it('runs by the clock of the system when no timer is given', async () => {
    await using store = new MemoryStore();
    const { promise, resolve } = Promise.withResolvers<string>();
    const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
    const run = async ({ id }: Setting) => {
      await store.commit([remove(at(id), 1)]);
      resolve(id);
    };
    await using scheduler = new Scheduler({
      store,
      clock,
      log: new SeenLog(),
      jobs: [{ kind: 'setting', run }],
    });
    await store.commit([put(at('a'), 1, 0, { dueMs: Date.now() + 30 })]);
    scheduler.wake();

    expect(await promise).toBe('a');
  });
});

describe('the timer of the system', () => {
  it('does not call what was cancelled', async () => {
    const called: string[] = [];
    systemTimer.after(1, () => called.push('cancelled'))();
    await new Promise<void>((resolve) => void systemTimer.after(5, resolve));

    expect(called).toStrictEqual([]);
  });
});

describe('an adjustable clock', () => {
  it('goes forward by what it is told, and leaves durations alone', () => {
    const base: Clock = { nowMs: () => 1_000, monotonicMs: () => 50 };
    const clock = new AdjustableClock(base, 10);
    clock.advance(86_400_000);
    clock.advance(0);

    expect(clock.nowMs()).toBe(86_401_010);
    expect(clock.offsetMs).toBe(86_400_010);
    expect(clock.monotonicMs()).toBe(50);
  });

  it.for([-1, Number.NaN])('refuses to go by %d ms', (ms) => {
    const clock = new AdjustableClock({ nowMs: () => 0, monotonicMs: () => 0 });
    expect(() => clock.advance(ms)).toThrow('it goes forward only');
  });
});

/** A scheduler over settings whose job takes their due time away, with time that stands still. */
class Stand {
  readonly store: RecordStore = new MemoryStore();
  readonly log = new SeenLog();
  readonly timer = new FakeTimer();
  readonly started: string[] = [];
  readonly ran: string[] = [];
  readonly clock = new AdjustableClock({ nowMs: () => 1_000, monotonicMs: () => this.#monotonicMs });
  readonly scheduler: Scheduler;
  mostAtOnce = 0;
  /** Whether the job changes the record. */
  finish = true;
  before: (record: Setting) => Promise<void> = () => Promise.resolve();
  #atOnce = 0;
  #monotonicMs = 0;

  constructor(concurrency?: number) {
    const { store, clock, log, timer } = this;
    const jobs = [{ kind: 'setting' as const, run: (record: Setting) => this.#run(record) }];
    this.scheduler = new Scheduler({ store, clock, log, timer, jobs, ...(concurrency && { concurrency }) });
  }

  /** Settings with these due times. */
  async due(times: Readonly<Record<string, number | undefined>>): Promise<void> {
    for (const [id, dueMs] of Object.entries(times)) {
      await this.store.commit([put(at(id), 'due', 0, dueMs === undefined ? {} : { dueMs })]);
    }
  }

  async pass(ms: number): Promise<void> {
    this.#monotonicMs += ms;
    this.clock.advance(ms);
    this.timer.pass(ms);
    await turns();
    await this.scheduler.settle();
  }

  async #run(record: Setting): Promise<void> {
    this.started.push(record.id);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      await turns();
      await this.before(record);
      if (this.finish) await this.store.commit([put(at(record.id), 'done', record.revision)]);
      this.ran.push(record.id);
    } finally {
      this.#atOnce -= 1;
    }
  }
}

class FakeTimer {
  #waiting: { leftMs: number; run: () => void }[] = [];

  /** What is waited for, in milliseconds from now. */
  get waits(): number[] {
    return this.#waiting.map(({ leftMs }) => leftMs);
  }

  after(ms: number, run: () => void): () => void {
    const entry = { leftMs: ms, run };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== entry);
    };
  }

  pass(ms: number): void {
    for (const entry of this.#waiting) entry.leftMs -= ms;
    const over = this.#waiting.filter(({ leftMs }) => leftMs <= 0);
    this.#waiting = this.#waiting.filter(({ leftMs }) => leftMs > 0);
    for (const { run } of over) run();
  }
}

async function turns(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}
