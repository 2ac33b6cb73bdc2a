/** A queue that serves its tenants in turn, so that none can starve another; within a tenant, first come first served. */
export class FairQueue<T> {
  readonly #byTenant = new Map<number, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Tenants that have something waiting. */
  get tenants(): number {
    return this.#byTenant.size;
  }

  /** How much of one tenant waits. */
  sizeOf(tenant: number): number {
    return this.#byTenant.get(tenant)?.length ?? 0;
  }

  push(tenant: number, item: T): void {
    this.#size += 1;
    const items = this.#byTenant.get(tenant);
    if (items === undefined) this.#byTenant.set(tenant, [item]);
    else items.push(item);
  }

  /**
   * False when the queue is full. A tenant below its even share still gets in then, so that one that fills
   * the queue shuts out nobody but itself; at most twice the limit waits in all.
   */
  pushWithin(limit: number, tenant: number, item: T): boolean {
    if (this.#size >= limit) {
      const tenants = this.tenants + (this.sizeOf(tenant) === 0 ? 1 : 0);
      const overShare = this.sizeOf(tenant) >= limit / tenants;
      if (overShare || this.#size >= 2 * limit) return false;
    }
    this.push(tenant, item);
    return true;
  }

  /** The next item: the tenant that waited longest for its turn gives one and goes to the back. */
  shift(): T | undefined {
    const next = this.#byTenant.entries().next().value;
    if (next === undefined) return undefined;
    const [tenant, items] = next;
    const item = items.shift();
    this.#byTenant.delete(tenant);
    if (items.length > 0) this.#byTenant.set(tenant, items);
    this.#size -= 1;
    return item;
  }

  /** Takes out and returns every item that `matches`. */
  extract(matches: (item: T) => boolean): T[] {
    const taken: T[] = [];
    for (const [tenant, items] of this.#byTenant) {
      const kept: T[] = [];
      for (const item of items) (matches(item) ? taken : kept).push(item);
      if (kept.length === 0) this.#byTenant.delete(tenant);
      else this.#byTenant.set(tenant, kept);
    }
    this.#size -= taken.length;
    return taken;
  }
}
