/** (c) The whole proxy as an operator starts it, in a process of its own, over a throw-away token. */
import { openSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Issued } from '../../test/support/certificates.ts';
import { CREDENTIAL, PREFIX, proxyConfig } from '../../test/support/proxy-config.ts';
import type { StartedProcess } from '../../test/support/started-process.ts';
import type { TestToken } from '../../test/support/token.ts';
import { BenchFault } from './bench-fault.ts';
import { startProgram } from './child-processes.ts';
import { childrenOf } from './process-usage.ts';
import { RawConnection, type Target } from './raw-connection.ts';
import { encryptOrders, signedRequest } from './signed-requests.ts';

export interface ProxyTweaks {
  readonly tls?: Issued & { readonly ca: string };
  /** Where proxy and token host leave CPU profiles when they end. */
  readonly profileDirectory?: string;
  /** Other proxies listen on it, too; a port of its own unless told. */
  readonly sharedPort?: number;
}

export interface ProxyUnderTest extends AsyncDisposable {
  readonly target: Target;
  readonly authority: string;
  readonly origin: string;
  readonly pid: number;
  readonly hostPid: number;
  /** Ends it as a service manager does, and waits for its end. */
  stop(): Promise<void>;
}

/** Below it stand `/encrypt` and `/decrypt`. */
export const KEY_PATH = `${PREFIX}/kms/xks/v1/keys/foo`;

/** Rejects with a BenchFault and all that the proxy said when it does not encrypt within half a minute. */
export async function startProxyUnderTest(
  token: TestToken,
  { tls, profileDirectory, sharedPort }: ProxyTweaks = {},
): Promise<ProxyUnderTest> {
  const port = sharedPort ?? (await freePort());
  const metricsPort = await freePort();
  const written = await proxyConfig(token, {
    proxy: {
      ...{ port, reusePort: sharedPort !== undefined },
      ...(tls && { tls: { certFile: tls.certFile, keyFile: tls.keyFile } }),
    },
    more: { stateDir: `state-${metricsPort}`, metrics: { port: metricsPort } },
    ...(profileDirectory && {
      token: { env: { ...token.env, NODE_OPTIONS: profileFlags(profileDirectory, 'host').join(' ') } },
    }),
  });
  // A running proxy takes up what is written into its file.
  const config = join(dirname(written), `proxy-${metricsPort}.yaml`);
  await rename(written, config);
  const flags = profileDirectory === undefined ? [] : profileFlags(profileDirectory, 'proxy');
  const args = [...flags, CLI, 'proxy', '--config', config];
  // Lines are formatted and written as in production, and cost nobody's disk.
  const child = startProgram(process.execPath, args, {
    stdio: ['ignore', openSync('/dev/null', 'w'), 'pipe'],
  });
  const target = { host: '127.0.0.1', port, ...(tls && { ca: tls.ca }) };
  const authority = `127.0.0.1:${port}`;
  // On a shared port, another proxy may answer.
  if (sharedPort !== undefined) await untilItIsReady(child, metricsPort);
  await untilItEncrypts(child, target, authority);
  const [hostPid = 0] = childrenOf(child.pid);
  return {
    target,
    authority,
    origin: `${tls === undefined ? 'http' : 'https'}://${authority}`,
    pid: child.pid,
    hostPid,
    stop: async () => {
      child.signal('SIGTERM');
      await child.exited;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function untilItEncrypts(child: StartedProcess, target: Target, authority: string): Promise<void> {
  const [order] = encryptOrders(authority, KEY_PATH, 'Encrypt');
  if (order === undefined) throw new BenchFault('there is no request to send');
  const endMs = performance.now() + START_PATIENCE_MS;
  let last = '';
  while (performance.now() < endMs) {
    try {
      const connection = await RawConnection.open(target);
      const { status, body } = await connection.send(signedRequest(order, CREDENTIAL));
      connection.close();
      if (status === 200) return;
      last = body;
    } catch (error) {
      last = String(error);
    }
    await sleep(LOOK_MS);
  }
  throw new BenchFault(`the proxy does not encrypt: ${last}\n${child.output}`);
}

/** By its own word, at `/readyz`. */
export async function untilItIsReady(child: StartedProcess, metricsPort: number): Promise<void> {
  const endMs = performance.now() + START_PATIENCE_MS;
  while (performance.now() < endMs) {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(LOOK_MS);
  }
  throw new BenchFault(`it does not become ready:\n${child.output}`);
}

export function profileFlags(directory: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.cpuprofile`];
}

/** Free a moment ago: its log, where a proxy says which port it took, goes nowhere. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const CLI = join(import.meta.dirname, '../../src/cli/portcullis.ts');
const START_PATIENCE_MS = 30_000;
const LOOK_MS = 50;
