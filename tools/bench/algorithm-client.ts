/** Calls to the engine under test, one at a time on each connection, as fast as they are answered. */
import { CREDENTIAL } from '../../test/support/proxy-config.ts';
import { BenchFault } from './bench-fault.ts';
import { latencyOf } from './distribution.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import { RawConnection } from './raw-connection.ts';
import { type RequestOrder, signedRequest } from './signed-requests.ts';

export interface LoopResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoopLimits {
  readonly connections: number;
  readonly seconds: number;
  /** Goes on past the seconds until there are so many answers. */
  readonly atLeast: number;
}

export class AlgorithmClient {
  readonly #engine: EngineUnderTest;

  constructor(engine: EngineUnderTest) {
    this.#engine = engine;
  }

  order(operation: string, input: object): RequestOrder {
    const { authority } = this.#engine;
    return { authority, path: '/', body: JSON.stringify(input), target: `TrentService.${operation}` };
  }

  /** The members of the answer. */
  async call(operation: string, input: object): Promise<Readonly<Record<string, string>>> {
    const connection = await RawConnection.open(this.#engine.target);
    try {
      const body = await send(connection, this.order(operation, input));
      return JSON.parse(body) as Readonly<Record<string, string>>;
    } finally {
      connection.close();
    }
  }

  /** The orders in turn, over and over. Rejects with a BenchFault at the first answer that is not 200. */
  async loop(orders: readonly RequestOrder[], limits: LoopLimits, stop?: AbortSignal): Promise<LoopResult> {
    const startedMs = performance.now();
    const samplesMs: number[] = [];
    const done = (): boolean =>
      stop === undefined
        ? performance.now() - startedMs >= limits.seconds * 1000 && samplesMs.length >= limits.atLeast
        : stop.aborted;
    const work = async (first: number): Promise<void> => {
      const connection = await RawConnection.open(this.#engine.target);
      for (let index = first; !done(); index += limits.connections) {
        const order = orders[index % orders.length];
        if (order === undefined) throw new BenchFault('there is nothing to ask for');
        const sentMs = performance.now();
        await send(connection, order);
        samplesMs.push(performance.now() - sentMs);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: limits.connections }, (_, index) => work(index)));
    const seconds = (performance.now() - startedMs) / 1000;
    const { p50Ms, p99Ms } = latencyOf(Float64Array.from(samplesMs));
    return { requests: samplesMs.length, perSecond: rounded(samplesMs.length / seconds), p50Ms, p99Ms };
  }
}

async function send(connection: RawConnection, order: RequestOrder): Promise<string> {
  const { status, body } = await connection.send(signedRequest(order, CREDENTIAL));
  if (status === 200) return body;
  throw new BenchFault(`${order.target}: the engine answered ${status}: ${body}`);
}

/** Three digits, for rates from a tenth to tens of thousands. */
export function rounded(rate: number): number {
  return Number(rate.toPrecision(3));
}
