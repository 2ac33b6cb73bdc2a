/**
 * A client that keeps to a schedule whatever the server does. Latency counts from the moment at which a request
 * was due, so that a stall costs every request that it held up, and not only the one in its way.
 */
import type { Latency } from './bench-run.ts';
import { latencyOf, roundMs } from './distribution.ts';
import { RawConnection, type Target } from './raw-connection.ts';
import { type Credential, type RequestOrder, signedRequest } from './signed-requests.ts';

export interface SteadyJob {
  readonly target: Target;
  readonly credential: Credential;
  readonly orders: readonly RequestOrder[];
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface SteadyResult extends Latency {
  readonly requests: number;
  readonly errors: number;
  readonly maxMs: number;
  readonly sinceSent: Latency;
}

export async function runSteady(job: SteadyJob): Promise<SteadyResult> {
  const idle = await Promise.all(
    Array.from({ length: job.connections }, () => RawConnection.open(job.target)),
  );
  const schedule = new Schedule(job, idle);
  await schedule.run();
  for (const connection of idle) connection.close();
  return schedule.result();
}

class Schedule {
  readonly #job: SteadyJob;
  /** First in, first out: a connection that never gets its turn would be closed for idling. */
  readonly #idle: RawConnection[];
  readonly #requests: string[];
  readonly #total: number;
  readonly #sinceDueMs: Float64Array;
  readonly #sinceSentMs: Float64Array;
  readonly #overdue: number[] = [];
  readonly #done = Promise.withResolvers<void>();
  #startMs = 0;
  #next = 0;
  #answered = 0;
  #errors = 0;

  constructor(job: SteadyJob, idle: RawConnection[]) {
    this.#job = job;
    this.#idle = idle;
    this.#requests = job.orders.map((order) => signedRequest(order, job.credential));
    this.#total = Math.round(job.ratePerSecond * job.seconds);
    this.#sinceDueMs = new Float64Array(this.#total);
    this.#sinceSentMs = new Float64Array(this.#total);
  }

  async run(): Promise<void> {
    const resigning = setInterval(() => this.#resign(), RESIGN_EVERY_MS);
    this.#startMs = performance.now();
    this.#tick();
    await this.#done.promise;
    clearInterval(resigning);
  }

  result(): SteadyResult {
    return {
      requests: this.#total,
      errors: this.#errors,
      ...latencyOf(this.#sinceDueMs),
      maxMs: roundMs(this.#sinceDueMs.reduce((most, ms) => Math.max(most, ms), 0)),
      sinceSent: latencyOf(this.#sinceSentMs),
    };
  }

  #dueMs(index: number): number {
    return this.#startMs + (index * 1000) / this.#job.ratePerSecond;
  }

  #tick(): void {
    const nowMs = performance.now();
    while (this.#next < this.#total && this.#dueMs(this.#next) <= nowMs) {
      const connection = this.#idle.shift();
      if (connection === undefined) this.#overdue.push(this.#next);
      else this.#send(connection, this.#next);
      this.#next += 1;
    }
    if (this.#next < this.#total) setTimeout(() => this.#tick(), 1);
  }

  #send(connection: RawConnection, index: number): void {
    const sentMs = performance.now();
    const request = this.#requests[index % this.#requests.length] ?? '';
    connection.send(request).then(
      ({ status }) => {
        const nowMs = performance.now();
        this.#sinceDueMs[index] = nowMs - this.#dueMs(index);
        this.#sinceSentMs[index] = nowMs - sentMs;
        if (status !== 200) this.#errors += 1;
        this.#answer(connection);
      },
      (fault) => this.#done.reject(fault),
    );
  }

  #answer(connection: RawConnection): void {
    this.#answered += 1;
    const overdue = this.#overdue.shift();
    if (overdue === undefined) this.#idle.push(connection);
    else this.#send(connection, overdue);
    if (this.#answered === this.#total) this.#done.resolve();
  }

  /** One at a time, so that no request waits for a batch of signatures; all are renewed within two minutes. */
  #resign(): void {
    const index = this.#resigned % this.#requests.length;
    const order = this.#job.orders[index];
    if (order !== undefined) this.#requests[index] = signedRequest(order, this.#job.credential);
    this.#resigned += 1;
  }

  #resigned = 0;
}

const RESIGN_EVERY_MS = 1_000;
