/** Work that is slow and of which little may run at once, so that the rest of the process stays quick. */
import { HsmFault } from '../../domain/hsm-fault.ts';

export interface WorkBounds {
  readonly atOnce: number;
  /** Beyond those that run. */
  readonly waiting: number;
}

export class BoundedWork {
  readonly #bounds: WorkBounds;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(bounds: WorkBounds) {
    this.#bounds = bounds;
  }

  /** First come, first served. Fault `busy`, before anything is done, when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#bounds.atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#bounds.waiting) {
      throw new HsmFault('busy', 'too many calls wait for slow work');
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Whoever waited longest takes over the place. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
