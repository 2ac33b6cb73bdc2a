/** One lane of a host: a fair queue in front of a window of calls that the host may hold at once. */
import type { Call } from './call.ts';
import { FairQueue } from './fair-queue.ts';

export class Lane {
  readonly #window: number;
  readonly #maxQueue: number;
  readonly #queue = new FairQueue<Call>();
  #running = 0;
  /** When the host last gave a sign of life in this lane, or was first asked after idling. */
  #lastProgressMs = 0;

  constructor(window: number, maxQueue: number) {
    this.#window = window;
    this.#maxQueue = maxQueue;
  }

  get load(): number {
    return this.#queue.size + this.#running;
  }

  /** False when the queue is full. */
  enqueue(call: Call): boolean {
    if (this.#queue.size >= this.#maxQueue) return false;
    this.#queue.push(call.tenant, call);
    return true;
  }

  /** The next call to send, while the window has room. */
  next(): Call | undefined {
    return this.#running < this.#window ? this.#queue.shift() : undefined;
  }

  started(nowMs: number): void {
    if (this.#running === 0) this.#lastProgressMs = nowMs;
    this.#running += 1;
  }

  finished(nowMs: number): void {
    this.#running -= 1;
    this.#lastProgressMs = nowMs;
  }

  /** How long the host has owed an answer in this lane. */
  silentMs(nowMs: number): number {
    return this.#running === 0 ? 0 : nowMs - this.#lastProgressMs;
  }

  extract(matches: (call: Call) => boolean): Call[] {
    return this.#queue.extract(matches);
  }
}
