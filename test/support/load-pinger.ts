/** Somebody who asks one URL at a steady beat, as a load balancer does, and counts what was not answered with 200. */
import http from 'node:http';

export class Pinger {
  sent = 0;
  maxReplyMs = 0;
  readonly failures: string[] = [];
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  /** Begins at once. */
  constructor(url: string, everyMs: number) {
    this.#timer = setInterval(() => {
      const asked = this.#ask(url);
      this.#open.add(asked);
      void asked.finally(() => this.#open.delete(asked));
    }, everyMs);
  }

  /** Resolves when the last answer is in. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
  }

  #ask(url: string): Promise<void> {
    this.sent += 1;
    const startMs = performance.now();
    return new Promise((resolve) => {
      const done = (failure: string): void => {
        this.maxReplyMs = Math.max(this.maxReplyMs, performance.now() - startMs);
        if (failure !== '') this.failures.push(failure);
        resolve();
      };
      const request = http.get(url, { agent: this.#agent, timeout: PATIENCE_MS }, (response) => {
        response
          .resume()
          .once('end', () => done(response.statusCode === 200 ? '' : `${response.statusCode}`));
      });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
      request.once('error', ({ message }) => done(message));
    });
  }
}

/** What a load balancer with short timers grants. */
const PATIENCE_MS = 2_000;
