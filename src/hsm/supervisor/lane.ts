/** One lane of a host: a fair queue in front of a window of calls that the host may hold at once. */
import type { Call } from './call.ts';
import { FairQueue } from './fair-queue.ts';

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

  /**
   * False when the queue is full. A tenant below its even share still gets in then, so that one that fills
   * the queue shuts out nobody but itself; at most twice the limit waits in all.
   */
  enqueue(call: Call): boolean {
    if (this.#queue.size >= this.#maxQueue) {
      const tenants = this.#queue.tenants + (this.#queue.sizeOf(call.tenant) === 0 ? 1 : 0);
      const overShare = this.#queue.sizeOf(call.tenant) >= this.#maxQueue / tenants;
      if (overShare || this.#queue.size >= 2 * this.#maxQueue) return false;
    }
    this.#queue.push(call.tenant, call);
    return true;
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
