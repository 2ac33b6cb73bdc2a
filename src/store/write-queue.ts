/**
 * Group commit: one transaction at a time is on its way to the disk, and all commits that come meanwhile share the
 * next one, each with its own verdict. Lazy writes travel with them, in portions that do not hold them up.
 */
import { StoreConflict, type StoreFailure } from '../domain/ports/record-store.ts';
import { LazyWrites } from './lazy-writes.ts';
import type { LazyWrite, TextChange, Verdicts } from './messages.ts';
import { recordKey } from './record-key.ts';
import type { RecordSource } from './record-source.ts';

export interface WriteQueueOptions {
  readonly source: RecordSource;
  /** How long a lazy write may wait. */
  readonly lazyMs: number;
  /** Called in the turn in which the commit became durable, before anybody hears of it. */
  readonly onCommitted: (changes: readonly TextChange[]) => void;
  readonly onReset: () => void;
}

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #jobs: Job[] = [];
  readonly #lazy = new LazyWrites();
  #flushes: Flush[] = [];
  #idle: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Lazy writes have waited long enough, or somebody wants to see them. */
  #lazyDue = false;
  #busy = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Rejects with a `StoreConflict` or a {@link StoreFailure}. */
  commit(changes: readonly TextChange[]): Promise<void> {
    return this.#enqueue(changes);
  }

  reset(): Promise<void> {
    this.#lazy.forget();
    return this.#enqueue('reset');
  }

  later(write: LazyWrite): void {
    this.#lazy.add(recordKey(write.kind, write), write);
    this.#timer ??= setTimeout(() => this.#lazyNow(), this.#options.lazyMs).unref();
  }

  /** The newest body that the database may not have. */
  lazyText(key: string): string | undefined {
    return this.#lazy.textOf(key);
  }

  /** Resolves when all lazy writes up to now are on the disk. */
  async flush(): Promise<void> {
    const { place } = this.#lazy;
    if (this.#lazy.isWritten(place)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#flushes.push({ place, resolve, reject });
    this.#lazyNow();
    await promise;
  }

  /** Resolves when nothing is on its way, lazy writes excepted. */
  async drain(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#busy) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  #enqueue(work: Job['work']): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#jobs.push({ work, resolve, reject });
    this.#send();
    return promise;
  }

  #lazyNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lazyDue = true;
    this.#send();
  }

  #send(): void {
    if (this.#busy) return;
    if (this.#jobs.length === 0 && !(this.#lazyDue && this.#lazy.size > 0)) return;
    this.#busy = true;
    if (this.#jobs[0]?.work === 'reset') this.#sendReset();
    else this.#sendBatch();
  }

  #sendReset(): void {
    const job = this.#jobs.shift();
    this.#options.source.ask(
      { do: 'reset' },
      {
        done: () => {
          this.#options.onReset();
          job?.resolve();
          this.#next();
        },
        failed: (failure) => {
          job?.reject(failure);
          this.#next();
        },
      },
    );
  }

  #sendBatch(): void {
    const jobs = this.#takeCommits();
    const commits = jobs.map(({ work }) => work);
    // A commit on a record with a lazy write has to come after it.
    const named = commits.flatMap((changes) => changes.map((change) => recordKey(change.kind, change)));
    const lazy = this.#lazy.take(named, this.#lazyDue ? LAZY_PORTION : 0);
    this.#options.source.ask(
      { do: 'write', batch: { lazy, commits } },
      {
        done: (verdicts: Verdicts) => {
          this.#lazy.landed();
          for (const [at, job] of jobs.entries()) this.#conclude(job, verdicts[at]);
          this.#next();
        },
        failed: (failure) => {
          this.#lazy.returned();
          this.#lazyDue = false;
          if (this.#lazy.size > 0)
            this.#timer ??= setTimeout(() => this.#lazyNow(), this.#options.lazyMs).unref();
          for (const flush of this.#flushes.splice(0)) flush.reject(failure);
          for (const job of jobs) job.reject(failure);
          this.#next();
        },
      },
    );
  }

  /** Up to the next reset, which goes alone. */
  #takeCommits(): CommitJob[] {
    const reset = this.#jobs.findIndex(({ work }) => work === 'reset');
    return this.#jobs.splice(0, Math.min(reset < 0 ? MAX_COMMITS : reset, MAX_COMMITS)) as CommitJob[];
  }

  #conclude(job: CommitJob, conflict: string | undefined): void {
    if (conflict !== undefined) job.reject(new StoreConflict(conflict));
    else {
      this.#options.onCommitted(job.work);
      job.resolve();
    }
  }

  #next(): void {
    this.#busy = false;
    if (this.#lazy.size === 0) this.#lazyDue = false;
    const waiting = this.#flushes;
    this.#flushes = [];
    for (const flush of waiting) {
      if (this.#lazy.isWritten(flush.place)) flush.resolve();
      else this.#flushes.push(flush);
    }
    this.#send();
    if (!this.#busy) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

interface Job {
  readonly work: readonly TextChange[] | 'reset';
  readonly resolve: () => void;
  readonly reject: (reason: StoreFailure | StoreConflict) => void;
}

interface CommitJob extends Job {
  readonly work: readonly TextChange[];
}

interface Flush {
  readonly place: number;
  readonly resolve: () => void;
  readonly reject: (failure: StoreFailure) => void;
}

/** Lazy writes of one transaction: some milliseconds of work. */
const LAZY_PORTION = 200;
const MAX_COMMITS = 256;
