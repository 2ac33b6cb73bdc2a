/** One lane of a host: a fair queue in front of a window of calls that the host may hold at once. */
import { FairQueue } from '../../domain/fair-queue.ts';
import type { Call } from './call.ts';

export class Lane {
  readonly #window: number;
  readonly #maxQueue: number;
  readonly #queue = new FairQueue<Call>();
  #running = 0;

  constructor(window: number, maxQueue: number) {
    this.#window = window;
    this.#maxQueue = maxQueue;
  }

  /** Calls that wait for the window. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Calls that the host has, and has not answered. */
  get running(): number {
    return this.#running;
  }

  get load(): number {
    return this.#queue.size + this.#running;
  }

  /** False when the queue is full; see {@link FairQueue.pushWithin}. */
  enqueue(call: Call): boolean {
    return this.#queue.pushWithin(this.#maxQueue, call.tenant, call);
  }

  /** The next call to send, while the window has room. */
  next(): Call | undefined {
    return this.#running < this.#window ? this.#queue.shift() : undefined;
  }

  started(): void {
    this.#running += 1;
  }

  finished(): void {
    this.#running -= 1;
  }

  extract(matches: (call: Call) => boolean): Call[] {
    return this.#queue.extract(matches);
  }
}
