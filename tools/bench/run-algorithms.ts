/** One run of every operation with every spec, and of what slow work does to quick work beside it. */
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { CREDENTIAL } from '../../test/support/proxy-config.ts';
import { createTestToken } from '../../test/support/token.ts';
import { type AlgorithmCase, algorithmCases } from './algorithm-cases.ts';
import { AlgorithmClient } from './algorithm-client.ts';
import type { RawAlgorithms, RawAlgorithmsJob } from './algorithm-loop.ts';
import {
  type AlgorithmPoint,
  type AlgorithmsRun,
  type Disturbance,
  OUTSIDE_LOOP,
  type WorkName,
} from './algorithms-run.ts';
import { BenchFault } from './bench-fault.ts';
import { runPart, startProgram } from './child-processes.ts';
import { ACCOUNT, type EngineUnderTest, startEngineUnderTest, TOKEN_NAME } from './engine-under-test.ts';
import { encryptKeys, repeated } from './kms-requests.ts';
import { makeFilledFile } from './kms-store.ts';
import { describeMachine } from './machine.ts';
import { busyMicros, othersSince } from './process-usage.ts';
import { REGION } from './signed-requests.ts';
import type { SteadyJob, SteadyResult } from './steady-client.ts';

/** How long each step takes, in seconds. */
export interface AlgorithmsPlan {
  readonly quick: boolean;
  readonly point: number;
  readonly raw: number;
  readonly steady: number;
  /** Of every disturbance, each beside a run without any. */
  readonly rounds: number;
}

export const FULL_ALGORITHMS_PLAN: AlgorithmsPlan = {
  quick: false,
  point: 1,
  raw: 0.4,
  steady: 5,
  rounds: 4,
};
export const QUICK_ALGORITHMS_PLAN: AlgorithmsPlan = {
  ...{ quick: true, point: 0.1, raw: 0.05, steady: 2, rounds: 1 },
};

export async function runAlgorithms(
  plan: AlgorithmsPlan,
  say: (line: string) => void,
): Promise<AlgorithmsRun> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const machine = describeMachine();
  const busyBefore = busyMicros();
  await using token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  const file = join(token.paths.directory, 'algorithms.db');
  const order = { token, tokenName: TOKEN_NAME, keys: HOT_KEYS, account: ACCOUNT, region: REGION };
  const hotKeys = await makeFilledFile(file, order);
  const raws = await runPart<RawAlgorithms>('algorithm-loop', rawJob(token, plan), { ...token.env });
  say(`measured ${Object.keys(raws).length} kinds of work without the engine`);
  await using engine = await startEngineUnderTest({ token, store: file, keyId: hotKeys[0] ?? '' });
  const client = new AlgorithmClient(engine);
  const cases = await algorithmCases(client);
  const points: AlgorithmPoint[] = [];
  for (const each of cases) points.push(await measure(client, each, raws, plan, say));
  const disturbances = await disturb({ engine, client, cases, hotKeys, plan, say });
  const elapsedMs = performance.now() - startedMs;
  return {
    ...{ format: 1, quick: plan.quick, startedAt, seconds: Math.round(elapsedMs / 1000), machine },
    othersShare: othersSince(busyBefore, elapsedMs * 1000 * machine.cores),
    ...{ points, disturbances },
    commands: [
      'npm run bench -- kms-algorithms',
      'node src/cli/portcullis.ts proxy --config portcullis.yaml',
      'node tools/bench.ts --part algorithm-loop',
      'node tools/bench.ts --part steady',
    ],
  };
}

function rawJob(token: RawAlgorithmsToken, plan: AlgorithmsPlan): RawAlgorithmsJob {
  const { label: tokenLabel, pin, paths } = token;
  return { module: paths.module, tokenLabel, pin, seconds: plan.raw };
}

async function measure(
  client: AlgorithmClient,
  { orders, ...name }: AlgorithmCase,
  raws: RawAlgorithms,
  plan: AlgorithmsPlan,
  say: (line: string) => void,
): Promise<AlgorithmPoint> {
  const raw = raws[rawName(name)];
  if (raw === undefined) throw new BenchFault(`${rawName(name)}: nothing was measured without the engine`);
  const connections = MAKES_KEYS.test(name.operation) ? 1 : CONNECTIONS;
  await client.loop(orders, { connections, seconds: plan.point / 4, atLeast: 1 });
  const limits = { connections, seconds: plan.point, atLeast: LEAST_REQUESTS };
  const loop = await client.loop(orders, limits);
  say(`${rawName(name)}: ${loop.perSecond}/s, without the engine ${raw.perSecond}/s (${raw.where})`);
  return { ...name, connections, ...loop, raw };
}

interface DisturbanceOrder {
  readonly engine: EngineUnderTest;
  readonly client: AlgorithmClient;
  readonly cases: readonly AlgorithmCase[];
  readonly hotKeys: readonly string[];
  readonly plan: AlgorithmsPlan;
  readonly say: (line: string) => void;
}

/** Undisturbed and disturbed runs alternate, so that whatever else the machine does meanwhile touches both. */
async function disturb({ cases, client, plan, say, ...order }: DisturbanceOrder): Promise<Disturbance[]> {
  const made: Disturbance[] = [];
  const steady = { ...order, seconds: plan.steady };
  await encryptSteadily(steady);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const by of [...DISTURBANCES, OUTSIDE_LOOP]) {
      const alone = await encryptSteadily(steady);
      made.push({ by: '', besidePerSecond: 0, ...alone });
      const { result: disturbed, besidePerSecond } =
        by === OUTSIDE_LOOP
          ? await besideALoop(() => encryptSteadily(steady))
          : await besideWork(client, ordersOf(cases, by), () => encryptSteadily(steady));
      made.push({ by, besidePerSecond, ...disturbed });
      say(`Encrypt, p99: alone ${alone.p99Ms} ms, beside ${by} (${besidePerSecond}/s) ${disturbed.p99Ms} ms`);
    }
  }
  return made;
}

interface Beside<T> {
  readonly result: T;
  readonly besidePerSecond: number;
}

async function besideWork<T>(
  client: AlgorithmClient,
  orders: AlgorithmCase['orders'],
  measured: () => Promise<T>,
): Promise<Beside<T>> {
  const stop = new AbortController();
  const limits = { connections: DISTURBING_CONNECTIONS, seconds: 0, atLeast: 0 };
  const beside = client.loop(orders, limits, stop.signal);
  const result = await measured();
  stop.abort();
  const { perSecond } = await beside;
  return { result, besidePerSecond: perSecond };
}

async function besideALoop<T>(measured: () => Promise<T>): Promise<Beside<T>> {
  await using loop = startProgram(process.execPath, ['-e', 'for (;;);'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  setPriority(loop.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  return { result: await measured(), besidePerSecond: 0 };
}

function ordersOf(cases: readonly AlgorithmCase[], name: string): AlgorithmCase['orders'] {
  const found = cases.find((each) => rawName(each) === name);
  if (found === undefined) throw new BenchFault(`there is no case ${name}`);
  return found.orders;
}

async function encryptSteadily({
  engine,
  hotKeys,
  seconds,
}: Pick<DisturbanceOrder, 'engine' | 'hotKeys'> & { readonly seconds: number }): Promise<
  Omit<Disturbance, 'by' | 'besidePerSecond'>
> {
  const job: SteadyJob = {
    target: engine.target,
    credential: CREDENTIAL,
    orders: encryptKeys(engine.authority, repeated(hotKeys, 64)),
    ratePerSecond: STEADY_RATE,
    seconds,
    connections: STEADY_CONNECTIONS,
  };
  const { requests, errors, p50Ms, p99Ms, p999Ms, maxMs } = await runPart<SteadyResult>('steady', job);
  return { ratePerSecond: STEADY_RATE, requests, errors, p50Ms, p99Ms, p999Ms, maxMs };
}

/** How a kind of work is called in what {@link RawAlgorithms} holds. */
function rawName({ operation, spec, algorithm }: WorkName): string {
  return [operation, spec, algorithm].filter((part) => part !== '').join(' ');
}

type RawAlgorithmsToken = Awaited<ReturnType<typeof createTestToken>>;

const CONNECTIONS = 4;
const LEAST_REQUESTS = 4;
/** One at a time: that is how the engine makes them. */
const MAKES_KEYS = /^(CreateKey|GenerateDataKeyPair)$/;
const HOT_KEYS = 10;
const STEADY_RATE = 500;
const STEADY_CONNECTIONS = 32;
const DISTURBING_CONNECTIONS = 2;
const DISTURBANCES = [
  'Sign RSA_4096 RSASSA_PSS_SHA_256',
  'Decrypt RSA_4096 RSAES_OAEP_SHA_256',
  'Sign ECC_NIST_P521 ECDSA_SHA_512',
  'CreateKey RSA_4096',
  'GenerateDataKeyPair RSA_4096',
];
