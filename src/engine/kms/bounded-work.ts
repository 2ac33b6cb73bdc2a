/** Work that is slow and of which little may run at once, so that the rest of the process stays quick. */
import { FairQueue } from '../../domain/fair-queue.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';

export interface WorkBounds {
  readonly atOnce: number;
  /** Beyond those that run. */
  readonly waiting: number;
}

export class BoundedWork {
  readonly #bounds: WorkBounds;
  readonly #waiting = new FairQueue<() => void>();
  #running = 0;

  constructor(bounds: WorkBounds) {
    this.#bounds = bounds;
  }

  /**
   * Tenants take turns; within one, first come, first served. Fault `busy`, before anything is done, when too many wait
   * already.
   */
  async run<T>(tenant: number, work: () => Promise<T>): Promise<T> {
    await this.#enter(tenant);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(tenant: number): Promise<void> {
    if (this.#running < this.#bounds.atOnce) {
      this.#running += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    if (!this.#waiting.pushWithin(this.#bounds.waiting, tenant, resolve)) {
      throw new HsmFault('busy', 'too many calls wait for slow work');
    }
    await promise;
  }

  /** Whoever's turn it is takes over the place. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
