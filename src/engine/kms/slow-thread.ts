/**
 * Work in JavaScript, or in calls that OpenSSL has in this form alone, would hold up everybody on the event loop: it is
 * done in a thread, which says to the system that it is in no hurry. One thread for each kind of such work, so that what
 * takes milliseconds never waits for what takes seconds. The thread's own side is answer-slowly.ts.
 */
import { Worker } from 'node:worker_threads';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { BoundedWork } from './bounded-work.ts';

export interface SlowThreadOptions {
  /** For those who list the threads of the process. */
  readonly name: string;
  /** The file that the thread runs, seen from this one, without its extension. */
  readonly entry: `./${string}`;
  /** So many may wait, beyond the one that is answered. */
  readonly waiting: number;
  readonly start?: (url: URL, name: string) => Worker;
}

/** Who asks, and when an answer comes too late to be worked for. */
export interface Patience {
  /** Of the fair-share classes that take turns. */
  readonly tenant: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly deadlineMs: number;
}

export class SlowThread<Request, Answer> {
  readonly #options: SlowThreadOptions;
  readonly #turns: BoundedWork;
  #worker: Worker | undefined;
  #asked: PromiseWithResolvers<Answer> | undefined;

  constructor(options: SlowThreadOptions) {
    this.#options = options;
    this.#turns = new BoundedWork({ atOnce: 1, waiting: options.waiting });
  }

  /**
   * Tenants take turns. The thread gets a copy. Faults: `busy` when too many wait already, `timeout` when the
   * deadline has passed before its turn, `internal` when the thread ended; the next request starts another one.
   */
  ask(request: Request, { tenant, clock, deadlineMs }: Patience): Promise<Answer> {
    return this.#turns.run(tenant, () => {
      if (clock.monotonicMs() >= deadlineMs) throw new HsmFault('timeout', 'too much slow work was ahead');
      return this.#answerTo(request);
    });
  }

  #answerTo(request: Request): Promise<Answer> {
    this.#worker ??= this.#started();
    const worker = this.#worker;
    const asked = Promise.withResolvers<Answer>();
    this.#asked = asked;
    worker.ref();
    worker.postMessage(request);
    return asked.promise.finally(() => worker.unref());
  }

  /** Kept for what comes next, and keeps no process alive that waits for no answer. */
  #started(): Worker {
    const { name, entry, start = startThread } = this.#options;
    // The entry file has this file's own extension: .ts as it is, .js when built.
    const worker = start(
      new URL(`${entry}${import.meta.url.slice(-EXTENSION_LENGTH)}`, import.meta.url),
      name,
    );
    // An error comes before the exit, when the next thread may already be at work.
    const ended = (cause: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#asked?.reject(new HsmFault('internal', `the thread of ${name} ended`, { cause }));
    };
    return worker
      .on('message', (answer: Answer) => this.#asked?.resolve(answer))
      .on('error', ended)
      .on('exit', ended);
  }
}

function startThread(url: URL, name: string): Worker {
  return new Worker(url, { name, env: {} });
}

const EXTENSION_LENGTH = '.ts'.length;
