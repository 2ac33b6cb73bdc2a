/** Questions to a source: those that come while one message is on its way share the next. */
import { StoreFailure } from '../domain/ports/record-store.ts';
import type { ReadCall, ReadName, Reads } from './messages.ts';
import type { RecordSource } from './record-source.ts';

export class ReadQueue {
  readonly #source: RecordSource;
  #waiting: Question[] = [];
  #busy = false;

  constructor(source: RecordSource) {
    this.#source = source;
  }

  /**
   * Rejects with a {@link StoreFailure}. What `use` makes of the answer is made before any later answer of the source
   * is looked at, and is what the promise resolves to.
   */
  ask<N extends ReadName, T>(
    read: N,
    asks: Reads[N]['asks'],
    use: (answer: Reads[N]['answer']) => T,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const call = { read, asks } as ReadCall;
    const done = (answer: unknown): void => {
      try {
        resolve(use(answer as never));
      } catch (cause) {
        reject(new StoreFailure('the store holds a record that cannot be read: restore a backup', { cause }));
      }
    };
    this.#waiting.push({ call, done, failed: reject });
    this.#send();
    return promise;
  }

  #send(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    const asked = this.#waiting.splice(0, MAX_CALLS);
    this.#source.ask(
      { do: 'reads', calls: asked.map(({ call }) => call) },
      {
        done: (answers: unknown[]) => {
          for (const [at, { done }] of asked.entries()) done(answers[at]);
          this.#next();
        },
        failed: (failure) => {
          for (const { failed } of asked) failed(failure);
          this.#next();
        },
      },
    );
  }

  #next(): void {
    this.#busy = false;
    this.#send();
  }
}

interface Question {
  readonly call: ReadCall;
  readonly done: (answer: unknown) => void;
  readonly failed: (failure: StoreFailure) => void;
}

/** So that a commit need not wait for many. */
const MAX_CALLS = 64;
