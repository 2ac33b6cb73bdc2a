/**
 * A `portcullis proxy` with mutual TLS whose files are mounted as Kubernetes mounts a ConfigMap: every version is a
 * directory, and the link `..data` says which of them holds. A test publishes versions and has them taken up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { PORTCULLIS, portcullis } from '../cli/run-portcullis.ts';
import { CertificateShop, type Issued } from './certificates.ts';
import type { LoadWay } from './load-signed.ts';
import { type CREDENTIAL, tokenSection } from './proxy-config.ts';
import { until } from './running-proxy.ts';
import { createTestToken, type TestToken } from './token.ts';

/** How the proxy comes to know of a version: SIGHUP, `portcullis reload`, or by looking at its files. */
export type Trigger = 'signal' | 'command' | 'content';

/** What one version of the mounted files says. */
export interface Version {
  readonly prefixes: readonly string[];
  readonly credentials: readonly (typeof CREDENTIAL)[];
  readonly externalKeyIds: readonly string[];
  readonly server: Issued;
  readonly clientCas: readonly Issued[];
  /** Files that are not what they should be. */
  readonly broken?: Readonly<Record<string, string>>;
}

/** Two ways in that have nothing in common, over one token. */
export async function startReloadStand(first: (stand: ReloadStand) => Version): Promise<ReloadStand> {
  const token = await createTestToken();
  const [one, two] = [newWay('one'), newWay('two')];
  for (const { externalKeyId: label, keyValue: value } of [one, two]) await token.addAesKey({ label, value });
  await token.addAesKey({ label: 'health' });
  const stand = new ReloadStand(token, [one, two]);
  stand.publish(first(stand));
  await stand.start();
  return stand;
}

export class ReloadStand implements AsyncDisposable {
  readonly ways: readonly [LoadWay, LoadWay];
  readonly shop = new CertificateShop();
  /** What the proxy logged, but for one line for each request. */
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  /** How often the test had a version taken up, by trigger. */
  readonly reloads: Record<Trigger, number> = { signal: 0, command: 0, content: 0 };
  readonly #token: TestToken;
  readonly #mount: string;
  #version = 0;
  #child: ChildProcess | undefined;

  constructor(token: TestToken, ways: readonly [LoadWay, LoadWay]) {
    this.ways = ways;
    this.#token = token;
    this.#mount = join(token.paths.directory, 'mount');
    mkdirSync(this.#mount);
    for (const file of MOUNTED) symlinkSync(join('..data', file), join(this.#mount, file));
  }

  get authority(): string {
    const { proxy } = this.#said('started')[0] ?? {};
    return new URL(String(proxy)).host;
  }

  /** Generations in the order in which the log said that they took force. */
  get generations(): number[] {
    return [...this.#said('started'), ...this.#said('config.reloaded')].map(({ generation }) =>
      Number(generation),
    );
  }

  get #configFile(): string {
    return join(this.#mount, 'portcullis.yaml');
  }

  async start(): Promise<void> {
    const args = [PORTCULLIS, 'proxy', '--config', this.#configFile];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as Record<string, unknown>;
      if (line['event'] !== 'request') this.lines.push(line);
    });
    await until(() => this.#said('token-host.ready').length > 0);
  }

  /** Makes a version the one that holds, in one step. */
  publish(version: Version): void {
    this.#version += 1;
    const directory = `..version-${this.#version}`;
    mkdirSync(join(this.#mount, directory));
    for (const [name, text] of Object.entries({ ...this.#filesOf(version), ...version.broken }))
      writeFileSync(join(this.#mount, directory, name), text, { mode: 0o600 });
    symlinkSync(directory, join(this.#mount, '..data_tmp'));
    renameSync(join(this.#mount, '..data_tmp'), join(this.#mount, '..data'));
  }

  /** Resolves when the version is in force, according to log and metrics. */
  async reload(trigger: Trigger, version: Version): Promise<void> {
    const before = this.generations.length;
    this.publish(version);
    await this.#pull(trigger);
    await until(() => this.generations.length > before);
    this.reloads[trigger] += 1;
    await until(async () => (await this.generation()) === this.generations.at(-1));
  }

  /** Resolves when the version was refused, to what the log says of that. */
  async refuse(trigger: Trigger, version: Version): Promise<Readonly<Record<string, unknown>> | undefined> {
    const before = this.#said('config.reload-refused').length;
    this.publish(version);
    await this.#pull(trigger);
    await until(() => this.#said('config.reload-refused').length > before);
    return this.#said('config.reload-refused').at(-1);
  }

  /** The generation in force according to the metrics. */
  async generation(): Promise<number> {
    const found = /^portcullis_configuration_generation (\d+)$/m.exec(await this.#metrics());
    return Number(found?.[1]);
  }

  /** Error names of the XKS API that the proxy has counted, to how often. */
  async errors(): Promise<Record<string, number>> {
    const errors: Record<string, number> = {};
    for (const [, name = '', count] of (await this.#metrics()).matchAll(ERRORS_COUNTED))
      errors[name] = (errors[name] ?? 0) + Number(count);
    return errors;
  }

  /** The fingerprint of the server certificate that a new connection of this client meets; rejects when it is shut out. */
  ping(client: Issued): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { ...this.clientTls(client), agent: false };
    https
      .get(`https://${this.authority}/ping`, options, (response) => {
        const socket = response.socket as TLSSocket;
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        response.resume();
      })
      .once('error', reject);
    return promise;
  }

  clientTls(client: Issued): https.AgentOptions {
    return { ca: this.shop.root.cert, cert: client.cert, key: client.key, servername: 'localhost' };
  }

  /** Ends the proxy as an operator would; resolves to its exit code. Safe to call again. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(force);
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.shop[Symbol.dispose]();
    await this.#token[Symbol.asyncDispose]();
  }

  async #pull(trigger: Trigger): Promise<void> {
    if (trigger === 'signal') this.#child?.kill('SIGHUP');
    if (trigger === 'command') await portcullis('reload', '--config', this.#configFile);
  }

  async #metrics(): Promise<string> {
    const { metrics } = this.#said('started')[0] ?? {};
    return (await fetch(`${metrics}/metrics`)).text();
  }

  #said(event: string): Readonly<Record<string, unknown>>[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  #filesOf(version: Version): Record<string, string> {
    const secrets = version.credentials.map(({ accessKeyId, secretAccessKey }) => [
      `secret-${this.ways.findIndex(({ credential }) => credential.accessKeyId === accessKeyId)}`,
      secretAccessKey,
    ]);
    return {
      'portcullis.yaml': stringify(this.#contentOf(version)),
      'server.pem': version.server.cert,
      'server.key': version.server.key,
      'client-cas.pem': version.clientCas.map(({ cert }) => cert).join(''),
      ...Object.fromEntries(secrets),
    };
  }

  #contentOf({ prefixes, credentials, externalKeyIds }: Version): unknown {
    const { directory } = this.#token.paths;
    const tls = { certFile: 'server.pem', keyFile: 'server.key', clientCaFile: 'client-cas.pem' };
    const known = this.ways.map(({ credential }) => credential.accessKeyId);
    return {
      proxy: {
        host: '127.0.0.1',
        port: 0,
        tls: { ...tls, clientSubjects: [CLIENT_NAME] },
        // No answer is to be late because the machine is busy.
        deadlines: { tokenMs: 10_000, replyMs: 15_000 },
      },
      metrics: { host: '127.0.0.1', port: 0 },
      control: { socket: join(directory, 'control.sock') },
      stateDir: join(directory, 'state'),
      tokens: [tokenSection(this.#token)],
      keyStores: prefixes.map((pathPrefix) => ({
        pathPrefix,
        regions: ['us-east-1'],
        credentials: credentials.map(({ accessKeyId }) => ({
          accessKeyId,
          secretAccessKey: { file: `secret-${known.indexOf(accessKeyId)}` },
        })),
        keys: Object.fromEntries(
          externalKeyIds.map((id) => [id, { token: 'soft', label: id, shared: prefixes.length > 1 }]),
        ),
      })),
    };
  }
}

/** The fingerprint by which a new connection knows a server certificate. */
export function fingerprintOf({ cert }: Issued): string {
  return new X509Certificate(cert).fingerprint256;
}

/** A client certificate as AWS KMS has one. */
export function clientOf(ca: Issued, shop: CertificateShop): Issued {
  return shop.issue({ cn: 'client', dns: [CLIENT_NAME] }, ca);
}

function newWay(name: string): LoadWay {
  const accessKeyId = `${name.toUpperCase()}TESTAKID234567ABCDEF`;
  const credential = { accessKeyId, secretAccessKey: randomBytes(36).toString('base64') };
  return { prefix: `/${name}`, credential, externalKeyId: name, keyValue: randomBytes(32) };
}

const MOUNTED = ['portcullis.yaml', 'server.pem', 'server.key', 'client-cas.pem', 'secret-0', 'secret-1'];
const CLIENT_NAME = 'cks.kms.us-east-1.amazonaws.com';
const ERRORS_COUNTED = /^portcullis_xks_errors_total\{.*error="(\w+)".*\} (\d+)$/gm;
