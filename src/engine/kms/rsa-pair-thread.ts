/**
 * The thread that makes RSA pairs. One pair takes seconds of a processor: in a thread of its own, which says to the
 * system that it is in no hurry, it takes them from nobody who waits for quick work.
 */
import { Worker } from 'node:worker_threads';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyPair } from './new-key-pair.ts';

/** What the thread is asked: a modulus of so many bits. Its answer is a {@link KeyPair}, of which it keeps nothing. */
export interface RsaPairRequest {
  readonly modulusLength: number;
}

export class RsaPairThread {
  readonly #start: () => Worker;
  #worker: Worker | undefined;

  constructor(start: () => Worker = startThread) {
    this.#start = start;
  }

  /** One at a time: the caller waits for the last before it asks for the next. Fault `internal` when the thread ended. */
  make(request: RsaPairRequest): Promise<KeyPair> {
    const worker = this.#started();
    const { promise, resolve, reject } = Promise.withResolvers<KeyPair>();
    const ended = (cause: unknown): void => {
      this.#worker = undefined;
      reject(new HsmFault('internal', 'the thread that makes RSA pairs ended', { cause }));
    };
    worker.once('message', resolve).once('error', ended).once('exit', ended).ref();
    worker.postMessage(request satisfies RsaPairRequest);
    return promise.finally(() =>
      worker.off('message', resolve).off('error', ended).off('exit', ended).unref(),
    );
  }

  /** Kept for the next pair, and keeps no process alive. */
  #started(): Worker {
    this.#worker ??= this.#start();
    return this.#worker;
  }
}

function startThread(): Worker {
  return new Worker(ENTRY, { name: 'rsa-pairs', env: {} });
}

// The entry file has this file's own extension: .ts as it is, .js when built.
const ENTRY = new URL(import.meta.url.replace(/[^/]+(?=\.[jt]s$)/, 'make-rsa-pairs'));
