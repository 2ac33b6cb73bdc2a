/**
 * The main thread's side of the worker: sends requests, gives each its answer in the order of asking, and starts
 * another worker when one is lost. What was asked of a lost one fails, and may or may not have happened.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../domain/ports/log.ts';
import { StoreFailure } from '../../domain/ports/record-store.ts';
import type { WorkerAnswer, WorkerRequest, WorkerSettings } from '../messages.ts';
import type { RecordSource, Reply } from '../record-source.ts';

export type SpawnStoreWorker = (settings: WorkerSettings) => Worker;

export interface StoreWorkerOptions {
  readonly file: string;
  readonly log: Log;
  readonly spawn?: SpawnStoreWorker;
  /** Before the requests of a lost worker fail: what they were to change is unknown from now on. */
  readonly onLost: () => void;
}

export class StoreWorker implements RecordSource {
  readonly #options: StoreWorkerOptions;
  readonly #waiting: Reply[] = [];
  /** Undefined between a loss and the next start. */
  #worker: Worker | undefined;
  #reason = '';
  #closing = false;
  #restart: NodeJS.Timeout | undefined;
  #delayMs = FIRST_DELAY_MS;

  constructor(options: StoreWorkerOptions) {
    this.#options = options;
  }

  /** Resolves when the file is open; rejects with a {@link StoreFailure}, and then nothing is tried again. */
  async open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#start({ done: () => resolve(), failed: reject });
    try {
      await promise;
    } catch (error) {
      this.#stopForGood();
      throw error;
    }
  }

  ask(request: WorkerRequest, reply: Reply): void {
    if (this.#worker === undefined || this.#closing) {
      const reason = this.#closing ? 'it is closed' : this.#reason;
      reply.failed(new StoreFailure(`the store ${this.#options.file} cannot be used: ${reason}`));
      return;
    }
    this.#waiting.push(reply);
    this.#worker.postMessage(request);
  }

  /** After every answer that is still to come. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      worker.once('exit', () => resolve());
      this.ask({ do: 'close' }, { done: () => undefined, failed: () => undefined });
      this.#closing = true;
      await promise;
    }
    this.#stopForGood();
  }

  #start(opened: Reply): void {
    const { file, spawn = spawnStoreWorker } = this.#options;
    const worker = spawn({ file });
    this.#worker = worker;
    this.#waiting.push(opened);
    worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#lose(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => this.#lose(worker, `its thread ended with code ${code}`));
  }

  #settle(answer: WorkerAnswer): void {
    const reply = this.#waiting.shift();
    if ('failure' in answer) reply?.failed(new StoreFailure(answer.failure, { cause: answer.cause }));
    else reply?.done(answer.answer as never);
  }

  #lose(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#reason = reason;
    const { file, log, onLost } = this.#options;
    if (!this.#closing) {
      log.error('store.lost', { file, reason, retryMs: this.#delayMs });
      this.#restart = setTimeout(() => this.#tryAgain(), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    }
    onLost();
    const failure = new StoreFailure(`the store ${file} cannot be used: ${reason}`);
    for (const reply of this.#waiting.splice(0)) reply.failed(failure);
  }

  #tryAgain(): void {
    this.#start({
      done: () => {
        this.#delayMs = FIRST_DELAY_MS;
        this.#options.log.info('store.recovered', { file: this.#options.file });
      },
      failed: ({ message }) => {
        if (this.#worker !== undefined) this.#lose(this.#worker, message);
      },
    });
  }

  #stopForGood(): void {
    this.#closing = true;
    clearTimeout(this.#restart);
  }
}

function spawnStoreWorker(settings: WorkerSettings): Worker {
  return new Worker(ENTRY, { workerData: settings, name: 'store' });
}

// The entry file has this file's own extension: .ts as it is, .js when built.
const HERE = fileURLToPath(import.meta.url);
const ENTRY = path.join(path.dirname(HERE), `worker-entry${path.extname(HERE)}`);
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
