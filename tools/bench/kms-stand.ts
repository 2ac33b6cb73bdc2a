/** What a run of the engine needs and collects: a throw-away token, stores full of keys, and a method for each measure. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CREDENTIAL } from '../../test/support/proxy-config.ts';
import { createTestToken, type TestToken } from '../../test/support/token.ts';
import { BenchFault } from './bench-fault.ts';
import type { ProfileSummary } from './bench-run.ts';
import { runPart, startPart } from './child-processes.ts';
import { type CpuProfile, summariseProfile } from './cpu-profile.ts';
import type { DeviceLoopJob } from './device-loop.ts';
import type { RawScheme } from './device-run.ts';
import { ECHO_PORT, type EchoJob } from './echo.ts';
import { startEnginePair } from './engine-pair.ts';
import { ACCOUNT, type EngineUnderTest, startEngineUnderTest, TOKEN_NAME } from './engine-under-test.ts';
import { drawn, encryptKeys, messageSizes, ordersFor, repeated, sendAll } from './kms-requests.ts';
import type {
  KmsLoad,
  KmsMemory,
  KmsOperation,
  KmsPoint,
  KmsProfile,
  KmsRound,
  KmsRun,
  KmsSeries,
  KmsStart,
} from './kms-run.ts';
import { makeFilledFile } from './kms-store.ts';
import { residentMb, totalCpuMicros } from './process-usage.ts';
import { PLAINTEXT_BYTES, REGION, type RequestOrder, signedRequest } from './signed-requests.ts';
import { runWrk } from './wrk.ts';

/** How long each step takes, in seconds. */
export interface KmsPlan {
  readonly quick: boolean;
  readonly tokenLoop: number;
  readonly warmUp: number;
  readonly point: number;
  readonly rounds: number;
  readonly profile: number;
  readonly starts: number;
  /** How many keys each store has, the fewest first. */
  readonly keys: readonly [number, ...number[]];
}

interface FilledStore {
  readonly file: string;
  readonly keyIds: readonly string[];
}

type EchoUnderTest = AsyncDisposable & Pick<EngineUnderTest, 'origin' | 'pid'>;

/** One of the processes behind an origin. */
type Driven = Pick<EngineUnderTest, 'origin' | 'pid'> & Partial<Pick<EngineUnderTest, 'hostPid'>>;

interface Running {
  readonly store: FilledStore;
  readonly engine: EngineUnderTest;
}

export class KmsStand implements AsyncDisposable {
  readonly points: KmsPoint[] = [];
  readonly firstUses: KmsSeries[] = [];
  readonly rounds: KmsRound[] = [];
  readonly starts: KmsStart[] = [];
  readonly memory: KmsMemory[] = [];
  readonly commands = new Set<string>();
  readonly #plan: KmsPlan;
  readonly #say: (line: string) => void;
  readonly #token: TestToken;
  readonly #stores: readonly FilledStore[];

  private constructor(
    plan: KmsPlan,
    say: (line: string) => void,
    token: TestToken,
    stores: readonly FilledStore[],
  ) {
    this.#plan = plan;
    this.#say = say;
    this.#token = token;
    this.#stores = stores;
  }

  static async open(plan: KmsPlan, say: (line: string) => void): Promise<KmsStand> {
    const token = await createTestToken();
    await token.addAesKey({ label: 'health', id: '0aff' });
    await token.pkcs11Tool(HMAC_KEY);
    const stores: FilledStore[] = [];
    for (const keys of plan.keys) {
      const file = join(token.paths.directory, `keys-${keys}.db`);
      const order = { token, tokenName: TOKEN_NAME, keys, account: ACCOUNT, region: REGION };
      const keyIds = await makeFilledFile(file, order);
      stores.push({ file, keyIds });
      say(`made a store of ${keys} keys`);
    }
    return new KmsStand(plan, say, token, stores);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#token[Symbol.asyncDispose]();
  }

  /** The calls that one message costs the token, and the same with AES-GCM in that process. */
  async tokenLoop(): Promise<RawScheme> {
    const job: DeviceLoopJob = {
      module: this.#token.paths.module,
      profile: 'softhsm2',
      tokenLabel: this.#token.label,
      pin: this.#token.pin,
      keys: [{ scheme: 'hmac', label: HMAC_LABEL }],
      plaintextBytes: PLAINTEXT_BYTES,
      aadBytes: AAD_BYTES,
      seconds: this.#plan.tokenLoop,
    };
    const [loop] = await runPart<RawScheme[]>('device-loop', job, { ...this.#token.env });
    if (loop === undefined) throw new BenchFault('the token loop has no result');
    this.commands.add('node tools/bench.ts --part device-loop');
    this.#say(`token alone: ${loop.callsPerSecond} calls/s, ${loop.sealPerSecond} encrypt/s`);
    return loop;
  }

  /** Each start with cold memory, but with the file in the system's cache. */
  async measureStarts(): Promise<void> {
    for (let start = 0; start < this.#plan.starts; start += 1) {
      for (const store of this.#stores) {
        await using engine = await this.#start(store);
        const keys = store.keyIds.length;
        const { listeningMs, encryptedMs } = engine;
        this.starts.push({ keys, listeningMs, encryptedMs });
        this.#say(`${keys} keys: listens after ${listeningMs} ms, encrypts after ${encryptedMs} ms`);
      }
    }
  }

  /**
   * Every operation at every number of connections, over the smallest store, and bare HTTP, and where there are several
   * connections, two engines on one port; all of them again and again.
   * What else happens on a machine only ever takes time, so the fastest measurement says most of what was measured.
   */
  async measurePoints(): Promise<KmsRun['message']> {
    const store = this.#smallest();
    await using engine = await this.#start(store);
    const orders = await ordersFor(engine, repeated(store.keyIds, HOT_REQUESTS));
    const message = await messageSizes(engine, orders.Encrypt);
    await using echo = await this.#startEcho(message);
    await using pair = await startEnginePair(this.#token, store.keyIds.length);
    if (pair === undefined) this.#say('no PostgreSQL here: two engines on one port are not measured');
    const ofPair = pair && (await ordersFor(pair.engines[0], repeated(pair.keyIds, HOT_REQUESTS)));
    const seconds = this.#plan.point;
    await this.#drive([echo], orders.Encrypt, { connections: 16, seconds: this.#plan.warmUp / 2 });
    await this.#drive([engine], orders.Encrypt, { connections: 16, seconds: this.#plan.warmUp });
    if (pair && ofPair) {
      await this.#drive(pair.engines, ofPair.Encrypt, { connections: 64, seconds: this.#plan.warmUp });
    }
    for (let round = 1; round <= this.#plan.rounds; round += 1) {
      for (const connections of CONNECTIONS) {
        const bare = await this.#drive([echo], orders.Encrypt, { connections, seconds });
        this.#notePoint({ server: 'echo', operation: 'Encrypt', ...bare });
        for (const operation of OPERATIONS) {
          const load = await this.#drive([engine], orders[operation], { connections, seconds });
          this.#notePoint({ server: 'engine', operation, ...load });
          if (pair === undefined || ofPair === undefined || connections === 1) continue;
          const shared = await this.#drive(pair.engines, ofPair[operation], { connections, seconds });
          this.#notePoint({ server: 'pair', operation, ...shared });
        }
      }
    }
    return message;
  }

  /** Encrypt at 16 connections over every store, hot and uniform, one right after the other, again and again. */
  async measureRounds(): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const all: Running[] = [];
    for (const store of this.#stores) all.push({ store, engine: stack.use(await this.#start(store)) });
    for (const running of all) this.#noteMemory(running, 'started');
    for (const running of all) {
      if (running.store.keyIds.length > FIRST_USES) {
        this.firstUses.push(await this.#series(running, 'first', this.#plan.point));
      }
      await this.#useAll(running);
    }
    for (const running of all) {
      for (const access of accessesOf(running)) await this.#series(running, access, this.#plan.warmUp);
    }
    for (let round = 1; round <= this.#plan.rounds; round += 1) {
      const series: KmsSeries[] = [];
      for (const running of all) {
        for (const access of accessesOf(running)) {
          series.push(await this.#series(running, access, this.#plan.point));
        }
      }
      this.rounds.push(series);
    }
    for (const running of all) this.#noteMemory(running, 'after all rounds');
  }

  /** One run of its own: measuring where time goes takes time. */
  async profile(): Promise<KmsProfile> {
    const directory = join(this.#token.paths.directory, 'profiles');
    mkdirSync(directory);
    const store = this.#smallest();
    await using engine = await this.#start(store, directory);
    const orders = encryptKeys(engine.authority, repeated(store.keyIds, HOT_REQUESTS));
    await this.#drive([engine], orders, { connections: 16, seconds: this.#plan.warmUp });
    const loadedMs = performance.now();
    const { requests } = await this.#drive([engine], orders, {
      connections: 16,
      seconds: this.#plan.profile,
    });
    await engine.stop();
    const loadMicros = (performance.now() - loadedMs) * 1000;
    this.commands.add('node --cpu-prof src/cli/portcullis.ts proxy --config portcullis.yaml');
    const read = (name: string): ProfileSummary => {
      const text = readFileSync(join(directory, `${name}.cpuprofile`), 'utf8');
      const profile = JSON.parse(text) as CpuProfile;
      // The host started later, and both end together.
      const allMicros = profile.timeDeltas.reduce((sum, micros) => sum + micros, 0);
      return summariseProfile(profile, ROOT_URL, Math.max(0, allMicros - loadMicros));
    };
    return { connections: 16, requests, engine: read('engine'), host: read('host') };
  }

  #smallest(): FilledStore {
    const [smallest] = this.#stores;
    if (smallest === undefined) throw new BenchFault('the plan has no store');
    return smallest;
  }

  #start({ file, keyIds }: FilledStore, profileDirectory?: string): Promise<EngineUnderTest> {
    this.commands.add('node src/cli/portcullis.ts proxy --config portcullis.yaml');
    return startEngineUnderTest({
      token: this.#token,
      store: file,
      keyId: keyIds[0] ?? '',
      ...(profileDirectory !== undefined && { profileDirectory }),
    });
  }

  async #series(
    { store, engine }: Running,
    access: KmsSeries['access'],
    seconds: number,
  ): Promise<KmsSeries> {
    const keyIds = KEYS_FOR[access](store.keyIds);
    const load = await this.#drive([engine], encryptKeys(engine.authority, keyIds), {
      connections: 16,
      seconds,
    });
    this.#say(`${store.keyIds.length} keys, ${access}: ${loadText(load)}`);
    return { keys: store.keyIds.length, access, ...load };
  }

  /** Every key once, so that what is measured next does not depend on how long it is measured. */
  async #useAll({ store, engine }: Running): Promise<void> {
    const startedMs = performance.now();
    const orders = encryptKeys(engine.authority, store.keyIds).values();
    await Promise.all(Array.from({ length: 16 }, () => sendAll(engine, orders)));
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    this.#say(`used each of ${store.keyIds.length} keys, in ${seconds} s`);
  }

  #noteMemory({ store, engine }: Running, when: KmsMemory['when']): void {
    const engineMb = residentMb(engine.pid);
    this.memory.push({ keys: store.keyIds.length, when, engineMb, hostMb: residentMb(engine.hostPid) });
  }

  #notePoint(measured: Omit<KmsPoint, 'rates' | 'allRequests'>): void {
    const { server, operation, connections, perSecond } = measured;
    const what = { echo: 'bare HTTP', engine: operation, pair: `${operation} by two engines` }[server];
    this.#say(`${what}, ${connections} connections: ${loadText(measured)}`);
    const at = this.points.findIndex(
      (point) =>
        point.server === server && point.operation === operation && point.connections === connections,
    );
    const before = this.points[at];
    const rates = [...(before?.rates ?? []), perSecond];
    const fastest = before === undefined || perSecond > before.perSecond ? measured : before;
    const errors = measured.errors + (before?.errors ?? 0);
    const allRequests = measured.requests + (before?.allRequests ?? 0);
    const point = { ...fastest, errors, allRequests, rates };
    this.points.splice(at < 0 ? this.points.length : at, 1, point);
  }

  async #startEcho({ replyBodyBytes }: KmsRun['message']): Promise<EchoUnderTest> {
    const job: EchoJob = { replyBodyBytes };
    const echo = startPart('echo', job);
    await echo.said(ECHO_PORT);
    this.commands.add('node tools/bench.ts --part echo');
    return {
      origin: `http://127.0.0.1:${echo.stdout.slice(ECHO_PORT.length).trim()}`,
      pid: echo.pid,
      [Symbol.asyncDispose]: () => echo[Symbol.asyncDispose](),
    };
  }

  /** Signed now, since a signature is good for five minutes. */
  async #drive(
    servers: readonly [Driven, ...Driven[]],
    orders: readonly RequestOrder[],
    { connections, seconds }: { readonly connections: number; readonly seconds: number },
  ): Promise<KmsLoad> {
    const [{ origin }] = servers;
    const pids = servers.map(({ pid }) => pid);
    const hostPids = servers.flatMap(({ hostPid }) => hostPid ?? []);
    const requests = orders.map((order) => signedRequest(order, CREDENTIAL));
    const before = { server: totalCpuMicros(pids), host: totalCpuMicros(hostPids) };
    const { command, ...result } = await runWrk({
      ...{ origin, connections, requests, directory: this.#token.paths.directory },
      seconds: Math.max(1, Math.round(seconds)),
    });
    this.commands.add(command);
    const serverCpuMicros = perRequest(totalCpuMicros(pids) - before.server, result.requests);
    if (hostPids.length === 0) return { connections, ...result, serverCpuMicros };
    const hostCpuMicros = perRequest(totalCpuMicros(hostPids) - before.host, result.requests);
    return { connections, ...result, serverCpuMicros, hostCpuMicros };
  }
}

const KEYS_FOR: Readonly<Record<KmsSeries['access'], (keyIds: readonly string[]) => string[]>> = {
  hot: (keyIds) => repeated(keyIds.slice(0, HOT_KEYS), HOT_REQUESTS),
  uniform: (keyIds) => drawn(keyIds, UNIFORM_REQUESTS),
  first: (keyIds) => keyIds.slice(-FIRST_USES),
};

/** A store that is no larger than the hot set has no other access. */
function accessesOf({ store }: Running): readonly KmsSeries['access'][] {
  return store.keyIds.length <= HOT_KEYS ? ['hot'] : ['hot', 'uniform'];
}

function loadText({ perSecond, errors, serverCpuMicros, hostCpuMicros }: KmsLoad): string {
  const cpu = [serverCpuMicros, hostCpuMicros].filter((micros) => micros !== undefined).join(' + ');
  return `${perSecond}/s, ${cpu} µs of processor each${errors === 0 ? '' : `, ${errors} ERRORS`}`;
}

function perRequest(micros: number, requests: number): number {
  return Math.round((micros / requests) * 10) / 10;
}

const OPERATIONS: readonly KmsOperation[] = ['Encrypt', 'Decrypt', 'GenerateDataKey'];
const CONNECTIONS = [1, 16, 64];
/** Keys of the hot set, which the smallest store consists of. */
const HOT_KEYS = 10;
const HOT_REQUESTS = 64;
const UNIFORM_REQUESTS = 60_000;
/** More than one measurement takes. */
const FIRST_USES = 60_000;
/** What the blob's header and the encryption context of these requests come to. */
const AAD_BYTES = 190;
const HMAC_LABEL = 'bench-hmac';
const HMAC_KEY = [
  '--keygen',
  '--key-type',
  'GENERIC:32',
  '--label',
  HMAC_LABEL,
  '--sensitive',
  '--usage-sign',
];
const ROOT_URL = pathToFileURL(join(import.meta.dirname, '../..')).href;
