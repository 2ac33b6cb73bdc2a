/** What a run needs and collects: a throw-away token, a certificate, and one method for each thing that is measured. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CertificateShop, type Issued } from '../../test/support/certificates.ts';
import { CREDENTIAL } from '../../test/support/proxy-config.ts';
import { createTestToken, type TestToken } from '../../test/support/token.ts';
import { BenchFault } from './bench-fault.ts';
import type {
  ClosedPoint,
  MemoryChange,
  MessageSizes,
  Operation,
  ProfiledRun,
  ProfileSummary,
  SteadyPoint,
  TokenLoop,
} from './bench-run.ts';
import { runPart, startPart } from './child-processes.ts';
import { type CpuProfile, summariseProfile } from './cpu-profile.ts';
import { ECHO_PORT, type EchoJob } from './echo.ts';
import { cpuMicros, residentMb, totalCpuMicros } from './process-usage.ts';
import {
  freePort,
  KEY_PATH,
  type ProxyTweaks,
  type ProxyUnderTest,
  startProxyUnderTest,
} from './proxy-under-test.ts';
import { RawConnection, TLS_NAME } from './raw-connection.ts';
import {
  AAD_BYTES,
  decryptOrders,
  encryptOrders,
  PLAINTEXT_BYTES,
  type RequestOrder,
  signedRequest,
} from './signed-requests.ts';
import type { SteadyJob, SteadyResult } from './steady-client.ts';
import type { TokenLoopJob } from './token-loop.ts';
import { runWrk } from './wrk.ts';

/** How long each step takes, in seconds. */
export interface Plan {
  readonly quick: boolean;
  readonly tokenLoop: number;
  readonly warmUp: number;
  readonly point: number;
  readonly steady: number;
  readonly profile: number;
  readonly connections: { readonly plain: readonly number[]; readonly tls: readonly number[] };
}

/** Token, certificate and results of a run. */
export class TestStand implements AsyncDisposable {
  readonly points: ClosedPoint[] = [];
  readonly steady: SteadyPoint[] = [];
  readonly memory: MemoryChange[] = [];
  readonly commands = new Set<string>();
  readonly token: TestToken;
  readonly #plan: Plan;
  readonly #say: (line: string) => void;
  readonly #certificates = new CertificateShop();
  readonly #certificate: Issued;

  private constructor(plan: Plan, say: (line: string) => void, token: TestToken) {
    this.#plan = plan;
    this.#say = say;
    this.token = token;
    this.#certificate = this.#certificates.issue({ cn: TLS_NAME, dns: [TLS_NAME] });
  }

  static async open(plan: Plan, say: (line: string) => void): Promise<TestStand> {
    const token = await createTestToken();
    await token.addAesKey({ label: 'foo', id: '0a01' });
    await token.addAesKey({ label: 'health', id: '0aff' });
    return new TestStand(plan, say, token);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#certificates[Symbol.dispose]();
    await this.token[Symbol.asyncDispose]();
  }

  startProxy(tls: boolean, more: Omit<ProxyTweaks, 'tls'> = {}): Promise<ProxyUnderTest> {
    const ca = this.#certificates.root.cert;
    this.commands.add('node src/cli/portcullis.ts proxy --config portcullis.yaml');
    return startProxyUnderTest(this.token, { ...(tls && { tls: { ...this.#certificate, ca } }), ...more });
  }

  async tokenLoop(): Promise<TokenLoop> {
    const job: TokenLoopJob = {
      module: this.token.paths.module,
      tokenLabel: this.token.label,
      pin: this.token.pin,
      keyLabel: 'foo',
      plaintextBytes: PLAINTEXT_BYTES,
      // What our GCM layout makes of the caller's: two bytes of length before it and one of metadata behind.
      aadBytes: AAD_BYTES + 3,
      seconds: this.#plan.tokenLoop,
    };
    const loop = await runPart<TokenLoop>('token-loop', job, { ...this.token.env });
    this.commands.add('node tools/bench.ts --part token-loop');
    this.#say(`token loop: ${loop.encryptPerSecond} encrypt/s`);
    return loop;
  }

  async messageSizes(): Promise<MessageSizes> {
    await using proxy = await this.startProxy(false);
    const [order] = encryptOrders(proxy.authority, KEY_PATH, 'Encrypt');
    const [reply] = await answersOf(proxy, [order as RequestOrder]);
    return {
      plaintextBytes: PLAINTEXT_BYTES,
      aadBytes: AAD_BYTES,
      requestBytes: Buffer.byteLength(signedRequest(order as RequestOrder, CREDENTIAL)),
      replyBodyBytes: Buffer.byteLength(reply ?? ''),
    };
  }

  /** Echo and proxy, plain or over TLS: every operation at every number of connections, then the steady rate. */
  async measure(message: MessageSizes, tls: boolean): Promise<void> {
    await this.#measureEcho(message, tls);
    await using proxy = await this.startProxy(tls);
    const orders = await ordersFor(proxy);
    await this.#drive(proxy.origin, orders['Encrypt, CDIV'], 16, this.#plan.warmUp);
    const before = memoryOf(proxy);
    let requests = 0;
    for (const connections of this.#connections(tls)) {
      for (const operation of OPERATIONS) {
        const point = await this.#proxyPoint([proxy], tls, operation, orders[operation], connections);
        requests += point.requests;
      }
    }
    for (const operation of tls ? OPERATIONS.slice(0, 1) : OPERATIONS) {
      const point = await this.steadyPoint(proxy, tls, operation, this.#plan.steady);
      this.steady.push(point);
      requests += point.requests;
    }
    const after = memoryOf(proxy);
    this.memory.push({
      tls,
      requests,
      proxyBeforeMb: before.proxyMb,
      proxyAfterMb: after.proxyMb,
      hostBeforeMb: before.hostMb,
      hostAfterMb: after.hostMb,
    });
  }

  /** Two proxies on one port: what one process is too little for. */
  async measurePair(): Promise<void> {
    const sharedPort = await freePort();
    await using first = await this.startProxy(false, { sharedPort });
    await using second = await this.startProxy(false, { sharedPort });
    const orders = await ordersFor(first);
    await this.#drive(first.origin, orders['Encrypt, CDIV'], 64, this.#plan.warmUp);
    for (const connections of this.#connections(false)) {
      if (connections === 1) continue;
      for (const operation of OPERATIONS) {
        await this.#proxyPoint([first, second], false, operation, orders[operation], connections);
      }
    }
  }

  async steadyPoint(
    proxy: ProxyUnderTest,
    tls: boolean,
    operation: Operation,
    seconds: number,
  ): Promise<SteadyPoint> {
    const orders = (await ordersFor(proxy))[operation];
    const job: SteadyJob = {
      target: proxy.target,
      credential: CREDENTIAL,
      orders,
      ratePerSecond: RATE_PER_SECOND,
      seconds,
      connections: STEADY_CONNECTIONS,
    };
    const result = await runPart<SteadyResult>('steady', job);
    this.commands.add('node tools/bench.ts --part steady');
    const point = { operation, tls, ratePerSecond: RATE_PER_SECOND, seconds, ...result };
    this.#say(`${labelOf(tls, operation)}, ${RATE_PER_SECOND}/s: p99 ${point.p99Ms} ms`);
    return point;
  }

  /** One run of its own: measuring where time goes takes time. */
  async profile(): Promise<ProfiledRun> {
    const directory = join(this.token.paths.directory, 'profiles');
    mkdirSync(directory);
    const startedMs = performance.now();
    await using proxy = await this.startProxy(false, { profileDirectory: directory });
    const orders = encryptOrders(proxy.authority, KEY_PATH, 'Encrypt');
    await this.#drive(proxy.origin, orders, 16, this.#plan.warmUp);
    const skipMicros = (performance.now() - startedMs) * 1000;
    const { requests } = await this.#drive(proxy.origin, orders, 16, this.#plan.profile);
    await proxy.stop();
    this.commands.add('node --cpu-prof src/cli/portcullis.ts proxy --config portcullis.yaml');
    const read = (name: string): ProfileSummary => {
      const text = readFileSync(join(directory, `${name}.cpuprofile`), 'utf8');
      return summariseProfile(JSON.parse(text) as CpuProfile, ROOT_URL, skipMicros);
    };
    return { connections: 16, requests, proxy: read('proxy'), host: read('host') };
  }

  #connections(tls: boolean): readonly number[] {
    return tls ? this.#plan.connections.tls : this.#plan.connections.plain;
  }

  async #measureEcho(message: MessageSizes, tls: boolean): Promise<void> {
    const { cert, key } = this.#certificate;
    const job: EchoJob = { replyBodyBytes: message.replyBodyBytes, ...(tls && { tls: { cert, key } }) };
    await using echo = startPart('echo', job);
    await echo.said(ECHO_PORT);
    this.commands.add('node tools/bench.ts --part echo');
    const authority = `127.0.0.1:${echo.stdout.slice(ECHO_PORT.length).trim()}`;
    const origin = `${tls ? 'https' : 'http'}://${authority}`;
    const orders = encryptOrders(authority, KEY_PATH, 'Encrypt');
    await this.#drive(origin, orders, 16, this.#plan.warmUp / 2);
    for (const connections of this.#connections(tls)) {
      const cpuBefore = cpuMicros(echo.pid);
      const result = await this.#drive(origin, orders, connections, this.#plan.point);
      const proxyCpuMicros = perRequest(cpuMicros(echo.pid) - cpuBefore, result.requests);
      this.points.push({ server: 'echo', operation: 'Encrypt', tls, connections, ...result, proxyCpuMicros });
      this.#say(`echo, ${tls ? 'TLS' : 'plain'}, ${connections} connections: ${result.perSecond}/s`);
    }
  }

  async #proxyPoint(
    proxies: readonly [ProxyUnderTest, ...ProxyUnderTest[]],
    tls: boolean,
    operation: Operation,
    orders: readonly RequestOrder[],
    connections: number,
  ): Promise<ClosedPoint> {
    const spent = (): [number, number] => [
      totalCpuMicros(proxies.map(({ pid }) => pid)),
      totalCpuMicros(proxies.map(({ hostPid }) => hostPid)),
    ];
    const before = spent();
    const result = await this.#drive(proxies[0].origin, orders, connections, this.#plan.point);
    const after = spent();
    const server = proxies.length === 1 ? 'proxy' : 'pair';
    const point: ClosedPoint = {
      ...{ server, operation, tls, connections },
      ...result,
      proxyCpuMicros: perRequest(after[0] - before[0], result.requests),
      hostCpuMicros: perRequest(after[1] - before[1], result.requests),
    };
    this.points.push(point);
    const by = server === 'pair' ? ' by two proxies' : '';
    this.#say(`${labelOf(tls, operation)}${by}, ${connections} connections: ${point.perSecond}/s`);
    return point;
  }

  /** Signed now, since a signature is good for five minutes. */
  async #drive(
    origin: string,
    orders: readonly RequestOrder[],
    connections: number,
    seconds: number,
  ): Promise<
    Pick<ClosedPoint, 'seconds' | 'requests' | 'errors' | 'perSecond' | 'p50Ms' | 'p99Ms' | 'p999Ms'>
  > {
    const requests = orders.map((order) => signedRequest(order, CREDENTIAL));
    const { directory } = this.token.paths;
    const wholeSeconds = Math.max(1, Math.round(seconds));
    const { command, ...result } = await runWrk({
      ...{ origin, connections, requests, directory },
      seconds: wholeSeconds,
    });
    this.commands.add(command);
    return result;
  }
}

async function ordersFor(proxy: ProxyUnderTest): Promise<Readonly<Record<Operation, RequestOrder[]>>> {
  const orders = encryptOrders(proxy.authority, KEY_PATH, 'Encrypt');
  return {
    Encrypt: orders,
    'Encrypt, CDIV': encryptOrders(proxy.authority, KEY_PATH, 'Encrypt, CDIV'),
    Decrypt: decryptOrders(proxy.authority, KEY_PATH, await answersOf(proxy, orders)),
  };
}

async function answersOf(proxy: ProxyUnderTest, orders: readonly RequestOrder[]): Promise<string[]> {
  const connection = await RawConnection.open(proxy.target);
  const bodies: string[] = [];
  for (const order of orders) {
    const send = () => connection.send(signedRequest(order, CREDENTIAL));
    let answer = await send();
    // A busy machine costs a deadline now and then; these answers are not measured.
    for (let more = SETUP_TRIES; answer.status !== 200 && more > 0; more -= 1) answer = await send();
    if (answer.status !== 200) throw new BenchFault(`the proxy answered ${answer.status}: ${answer.body}`);
    bodies.push(answer.body);
  }
  connection.close();
  return bodies;
}

export function memoryOf(proxy: ProxyUnderTest): { proxyMb: number; hostMb: number } {
  return { proxyMb: residentMb(proxy.pid), hostMb: residentMb(proxy.hostPid) };
}

function perRequest(micros: number, requests: number): number {
  return Math.round((micros / requests) * 10) / 10;
}

function labelOf(tls: boolean, operation: Operation): string {
  return `${operation}, ${tls ? 'TLS' : 'plain'}`;
}

const OPERATIONS: readonly Operation[] = ['Encrypt', 'Encrypt, CDIV', 'Decrypt'];
const RATE_PER_SECOND = 1_800;
const SETUP_TRIES = 5;
const STEADY_CONNECTIONS = 64;
const ROOT_URL = pathToFileURL(join(import.meta.dirname, '../..')).href;
