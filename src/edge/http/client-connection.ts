/** What is known of one open connection: which exchanges it has unfinished, and whether its client has proven anything. */

/** An exchange as its connection sees it. */
export interface UnfinishedExchange {
  /** The body is still on its way: a malformed byte now belongs to this exchange. */
  readonly receiving: boolean;
  /** Never answer it. */
  abandon(): void;
}

export class ClientConnection {
  /** Somebody on it authenticated, so it may idle for as long as a load balancer's connection must. */
  proven = false;
  readonly #unfinished = new Set<UnfinishedExchange>();
  #surplus = 0;
  #whenIdle: (() => void) | undefined;

  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Requests that came on top of the cap and are not answered. */
  get surplus(): number {
    return this.#surplus;
  }

  begin(exchange: UnfinishedExchange): void {
    this.#unfinished.add(exchange);
  }

  finish(exchange: UnfinishedExchange): void {
    this.#unfinished.delete(exchange);
    this.#settle();
  }

  countSurplus(): number {
    this.#surplus += 1;
    return this.#surplus;
  }

  /**
   * Gives up what is still being received, and calls back once what was received whole has its answer on
   * the way: at once when nothing has to be waited for.
   */
  afterAnswers(callback: () => void): void {
    for (const exchange of this.#unfinished) {
      if (!exchange.receiving) continue;
      exchange.abandon();
      this.#unfinished.delete(exchange);
    }
    this.#whenIdle = callback;
    this.#settle();
  }

  #settle(): void {
    if (this.#unfinished.size > 0) return;
    const callback = this.#whenIdle;
    this.#whenIdle = undefined;
    callback?.();
  }
}
