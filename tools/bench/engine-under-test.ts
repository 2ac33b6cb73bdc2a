/** The KMS engine as an operator starts it, in a process of its own: signatures verified, one token host. */
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { PostgresServer } from '../../src/store/postgres/connection.ts';
import { CREDENTIAL, tokenSection } from '../../test/support/proxy-config.ts';
import type { StartedProcess } from '../../test/support/started-process.ts';
import type { TestToken } from '../../test/support/token.ts';
import { BenchFault } from './bench-fault.ts';
import { startProgram } from './child-processes.ts';
import { encryptKeys } from './kms-requests.ts';
import { childrenOf } from './process-usage.ts';
import { CLI, freePort, profileFlags, untilItIsReady } from './proxy-under-test.ts';
import { RawConnection, type Target } from './raw-connection.ts';
import { signedRequest } from './signed-requests.ts';

export interface EngineOrder {
  readonly token: TestToken;
  /** Filled beforehand: a SQLite file, or a database. */
  readonly store: string | PostgresServer;
  /** One of its keys: the engine is up when it encrypts under it. */
  readonly keyId: string;
  /** Where engine and token host leave CPU profiles when they end. */
  readonly profileDirectory?: string;
  /** Other engines listen on it, too; a port of its own unless told. */
  readonly sharedPort?: number;
}

export interface EngineUnderTest extends AsyncDisposable {
  readonly target: Target;
  readonly authority: string;
  readonly origin: string;
  readonly pid: number;
  readonly hostPid: number;
  /** Since the start of the process. */
  readonly listeningMs: number;
  readonly encryptedMs: number;
  /** Ends it as a service manager does, and waits for its end. */
  stop(): Promise<void>;
}

export const ACCOUNT = '123456789012';
export const TOKEN_NAME = 'soft';

/** Rejects with a BenchFault and all that the engine said when it does not encrypt within half a minute. */
export async function startEngineUnderTest(order: EngineOrder): Promise<EngineUnderTest> {
  const { token, profileDirectory, sharedPort } = order;
  const port = sharedPort ?? (await freePort());
  const metricsPort = await freePort();
  const config = await writeConfig(order, { port, metricsPort });
  const flags = profileDirectory === undefined ? [] : profileFlags(profileDirectory, 'engine');
  const startedMs = performance.now();
  // Lines are formatted and written as in production, and cost nobody's disk.
  const child = startProgram(process.execPath, [...flags, CLI, 'proxy', '--config', config], {
    stdio: ['ignore', openSync('/dev/null', 'w'), 'pipe'],
    env: { ...process.env, ...token.env },
  });
  const target = { host: '127.0.0.1', port };
  const authority = `127.0.0.1:${port}`;
  // On a shared port, another engine may have answered.
  if (sharedPort !== undefined) await untilItIsReady(child, metricsPort);
  const times = await untilItEncrypts(child, target, order.keyId);
  const [hostPid = 0] = childrenOf(child.pid);
  return {
    ...{ target, authority, hostPid },
    origin: `http://${authority}`,
    pid: child.pid,
    listeningMs: Math.round(times.listeningMs - startedMs),
    encryptedMs: Math.round(times.encryptedMs - startedMs),
    stop: async () => {
      child.signal('SIGTERM');
      await child.exited;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function writeConfig(
  { token, store, profileDirectory, sharedPort }: EngineOrder,
  { port, metricsPort }: { readonly port: number; readonly metricsPort: number },
): Promise<string> {
  const file = join(token.paths.directory, `engine-${metricsPort}.yaml`);
  const host = profileDirectory !== undefined && {
    env: { ...token.env, NODE_OPTIONS: profileFlags(profileDirectory, 'host').join(' ') },
  };
  const content = {
    stateDir: `state-${metricsPort}`,
    metrics: { port: metricsPort },
    tokens: [tokenSection(token, { ...host })],
    kms: {
      ...{ port, reusePort: sharedPort !== undefined, token: TOKEN_NAME },
      store: typeof store === 'string' ? { sqlite: store } : { postgres: store },
      access: { mode: 'verify', credentials: [{ ...CREDENTIAL, account: ACCOUNT }] },
    },
  };
  await writeFile(file, stringify(content), { mode: 0o600 });
  return file;
}

async function untilItEncrypts(
  child: StartedProcess,
  target: Target,
  keyId: string,
): Promise<{ listeningMs: number; encryptedMs: number }> {
  const endMs = performance.now() + START_PATIENCE_MS;
  const [order] = encryptKeys(`${target.host}:${target.port}`, [keyId]);
  if (order === undefined) throw new BenchFault('there is no request to send');
  let last = '';
  let listeningMs: number | undefined;
  while (performance.now() < endMs) {
    try {
      const connection = await RawConnection.open(target);
      listeningMs ??= performance.now();
      const { status, body } = await connection.send(signedRequest(order, CREDENTIAL));
      connection.close();
      if (status === 200) return { listeningMs, encryptedMs: performance.now() };
      last = body;
    } catch (error) {
      last = String(error);
    }
    await sleep(LOOK_MS);
  }
  throw new BenchFault(`the engine does not encrypt: ${last}\n${child.output}`);
}

const START_PATIENCE_MS = 30_000;
const LOOK_MS = 5;
