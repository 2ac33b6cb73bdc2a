/**
 * Runs what has fallen due. The times are in the records themselves, so nothing is lost with the process: a record stays
 * due until its job has changed it. The clock may jump; the scheduler looks again at least once a minute.
 */
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { RecordKind, RecordStore, StoredRecord } from '../domain/ports/record-store.ts';
import { Holds } from './holds.ts';
import { systemTimer, type Timer } from './timer.ts';

/** The job of one kind of record. */
export interface ScheduledJob<K extends RecordKind> {
  readonly kind: K;
  /**
   * Does what is due and commits the record with another due time, or none. What it rejects with is logged, and it is
   * called again later; so it has to be one that may be repeated.
   */
  run(record: StoredRecord<K>): Promise<void>;
}

export type AnyScheduledJob = { readonly [K in RecordKind]: ScheduledJob<K> }[RecordKind];

export interface SchedulerOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly log: Log;
  /** One for each kind. */
  readonly jobs: readonly AnyScheduledJob[];
  /** How many run at once. */
  readonly concurrency?: number;
  readonly timer?: Timer;
}

export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #timer: Timer;
  readonly #concurrency: number;
  /** By kind and address. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #holds: Holds;
  #cancelTimer = (): void => undefined;
  /** Passes over the store, one after the other, while somebody wants one. */
  #passes: Promise<void> | undefined;
  #wanted = false;
  #stopped = false;
  #failedPasses = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#timer = options.timer ?? systemTimer;
    this.#concurrency = options.concurrency ?? CONCURRENCY;
    this.#holds = new Holds(options.clock);
  }

  /** Starts it, and tells it that the clock was moved or that something may be due earlier than it thinks. */
  wake(): void {
    if (this.#stopped) return;
    this.#wanted = true;
    this.#passes ??= this.#passWhileWanted();
  }

  /** Resolves when nothing runs and nothing more is due, except for what failed and waits for its next attempt. */
  async settle(): Promise<void> {
    do {
      this.wake();
      await this.#passes;
      await Promise.all(this.#running.values());
    } while (this.#running.size > 0 || this.#passes !== undefined);
  }

  /** Waits for the jobs that run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#passes;
    await Promise.all(this.#running.values());
  }

  async #passWhileWanted(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      this.#cancelTimer();
      const waitMs = await this.#pass().catch((error: unknown) => this.#passFailed(error));
      this.#cancelTimer = this.#stopped ? this.#cancelTimer : this.#timer.after(waitMs, () => this.wake());
    }
    this.#passes = undefined;
  }

  #passFailed(error: unknown): number {
    const retryMs = Math.min(RECHECK_MS * 2 ** this.#failedPasses, LONGEST_WAIT_MS);
    this.#failedPasses += 1;
    this.#options.log.warn('schedule.unreadable', { error, retryMs });
    return retryMs;
  }

  /** Starts what is due as far as there is room; resolves to how long to wait for the next pass, in milliseconds. */
  async #pass(): Promise<number> {
    const nowMs = this.#options.clock.nowMs();
    let waitMs = LONGEST_WAIT_MS;
    for (const job of this.#options.jobs) {
      await this.#startDue(job, nowMs);
      waitMs = Math.min(waitMs, await this.#waitFor(job.kind, nowMs));
    }
    this.#failedPasses = 0;
    return waitMs;
  }

  async #startDue(job: AnyScheduledJob, nowMs: number): Promise<void> {
    const room = this.#concurrency - this.#running.size;
    if (room <= 0) return;
    // Those that run or are held back are among those that the store finds.
    const limit = room + this.#running.size + this.#holds.count(job.kind);
    const due = await this.#options.store.due(job.kind, nowMs, limit);
    if (due.length < limit) this.#holds.keepOnly(job.kind, due.map(keyOf));
    for (const record of due) {
      if (this.#running.size >= this.#concurrency || this.#stopped) return;
      if (!this.#running.has(keyOf(record)) && !this.#holds.holds(keyOf(record), record.revision)) {
        this.#start(job as ScheduledJob<RecordKind>, record);
      }
    }
  }

  /** A record that is overdue hides later ones from the store's answer, so then we look again soon. */
  async #waitFor(kind: RecordKind, nowMs: number): Promise<number> {
    const nextMs = await this.#options.store.nextDueMs(kind);
    if (nextMs === undefined) return LONGEST_WAIT_MS;
    const waitMs = nextMs - nowMs;
    return waitMs > 0 ? Math.min(waitMs, LONGEST_WAIT_MS) : RECHECK_MS;
  }

  #start(job: ScheduledJob<RecordKind>, record: StoredRecord<RecordKind>): void {
    const key = keyOf(record);
    const running = this.#attempt(job, record).then(() => {
      this.#running.delete(key);
      this.wake();
    });
    this.#running.set(key, running);
  }

  /** Never rejects. */
  async #attempt(job: ScheduledJob<RecordKind>, found: StoredRecord<RecordKind>): Promise<void> {
    const { store, log } = this.#options;
    const { kind, scope, id, revision } = found;
    try {
      // What was found may have been changed by the very job that has just finished with it.
      if ((await store.get(kind, found))?.revision !== revision) return;
      await job.run(found);
      if ((await store.get(kind, found))?.revision !== revision) {
        this.#holds.release(keyOf(found));
        return;
      }
      const retryMs = this.#holds.hold(kind, keyOf(found), revision);
      log.warn('schedule.unchanged', { kind, scope, id, retryMs });
    } catch (error) {
      const retryMs = this.#holds.hold(kind, keyOf(found), revision);
      log.warn('schedule.failed', { kind, scope, id, error, retryMs });
    }
  }
}

function keyOf({ kind, scope, id }: StoredRecord<RecordKind>): string {
  return JSON.stringify([kind, scope, id]);
}

const CONCURRENCY = 4;
const LONGEST_WAIT_MS = 60_000;
const RECHECK_MS = 1_000;
