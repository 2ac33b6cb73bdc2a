/** A proxy in a process of its own over a throw-away token whose key the test knows, and the handles to hurt it. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultyModule, faultyModule } from './faulty-module.ts';
import { type ProxySettings, proxyConfig } from './proxy-config.ts';
import type { LogLine } from './running-proxy.ts';
import { createTestToken, type TestToken } from './token.ts';

export type GarbageKind = 'noise' | 'stray-answer';

export type ChaosOrder =
  | { readonly do: 'block'; readonly ms: number }
  | { readonly do: 'step-clock'; readonly byMs: number }
  | { readonly do: 'garbage'; readonly kind: GarbageKind };

export interface ChaosReport {
  readonly line?: LogLine;
  readonly listening?: ChaosAddresses;
  readonly ready?: true;
}

interface ChaosAddresses {
  readonly proxy: string;
  readonly metrics: string;
}

/**
 * Key `foo` has the value that the proxy object names; resolves when the token host is ready. Settings that
 * take the section of `module` put the token behind it.
 */
export async function startChaosProxy(
  settings: (module: FaultyModule) => ProxySettings = () => ({}),
): Promise<ChaosProxy> {
  const token = await createTestToken();
  const keyValue = randomBytes(32);
  await token.addAesKey({ label: 'foo', id: '0a01', value: keyValue, extractable: false });
  await token.addAesKey({ label: 'health', id: '0aff' });
  const module = await faultyModule(token);
  const proxy = new ChaosProxy(token, module, keyValue, await proxyConfig(token, settings(module)));
  await proxy.start({ waitForReady: true });
  return proxy;
}

export class ChaosProxy implements AsyncDisposable {
  readonly token: TestToken;
  readonly module: FaultyModule;
  readonly keyValue: Uint8Array;
  readonly lines: LogLine[] = [];
  addresses: ChaosAddresses = { proxy: '', metrics: '' };
  /** How the process ended without being asked to; empty while it did not. */
  died = '';
  readonly #configFile: string;
  #child: ChildProcess | undefined;

  constructor(token: TestToken, module: FaultyModule, keyValue: Uint8Array, configFile: string) {
    this.token = token;
    this.module = module;
    this.keyValue = keyValue;
    this.#configFile = configFile;
  }

  get authority(): string {
    return new URL(this.addresses.proxy).host;
  }

  /** Token hosts that have served in any life of this proxy. */
  get hostPidsSeen(): number[] {
    return this.events('token-host.ready').map(({ fields }) => Number(fields['pid']));
  }

  /** Token hosts that run now. */
  get hostPids(): number[] {
    const pid = this.#child?.pid;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  events(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  order(order: ChaosOrder): void {
    this.#child?.send(order);
  }

  signalHosts(signal: NodeJS.Signals): void {
    for (const pid of this.hostPids) process.kill(pid, signal);
  }

  async start({ waitForReady }: { readonly waitForReady: boolean }): Promise<void> {
    const child = fork(ENTRY, [this.#configFile], { execArgv: [] });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.on('message', (message) => {
      const { line, listening, ready } = message as ChaosReport;
      if (line !== undefined) this.lines.push(line);
      if (listening !== undefined) this.addresses = listening;
      if (ready === true || (listening !== undefined && !waitForReady)) resolve();
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.died = `ended (${code ?? signal})`;
      reject(new Error(`the proxy ended (${code ?? signal}): ${JSON.stringify(this.lines.slice(-5))}`));
    });
    await promise;
  }

  /** Ends the process as an operator would. Safe to call again. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(force);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.token[Symbol.asyncDispose]();
  }
}

const ENTRY = join(import.meta.dirname, 'chaos-entry.ts');
