/**
 * The composition root: the only file that knows every room. It turns a configuration into running
 * listeners and token hosts, and takes them down again.
 */
import { claimStateDir } from './claim-state-dir.ts';
import { readEnvironment } from './config/env.ts';
import type { PortcullisConfig, TokenConfig } from './config/portcullis-config.ts';
import { restartReason } from './config/restart-reason.ts';
import type { Clock } from './domain/ports/clock.ts';
import type { Log } from './domain/ports/log.ts';
import { VERSION } from './domain/version.ts';
import type { KeyStore } from './domain/xks/key-store.ts';
import { createControlEndpoint } from './edge/control/control-endpoint.ts';
import { type Listener, listen } from './edge/http/listener.ts';
import { type CertificateInUse, certificatesIn, type TlsMaterial } from './edge/http/tls-material.ts';
import { createMetricsEndpoint, type Readiness } from './edge/metrics/metrics-endpoint.ts';
import { xksRefusal } from './edge/xks/refusal-form.ts';
import { createXksProxy } from './edge/xks/xks-proxy.ts';
import { generationsInForce } from './engine/xks/generations-in-force.ts';
import { watchKeys } from './engine/xks/key-watch.ts';
import { ObjectClaims } from './engine/xks/object-claims.ts';
import { RandomPool } from './hsm/aead/random-pool.ts';
import { Fleet, type FleetToken } from './hsm/fleet.ts';
import { hostEnvironment } from './hsm/supervisor/host-environment.ts';
import { httpLimits, readTls } from './listener-settings.ts';
import { type KmsFace, pause } from './main-kms.ts';
import { CredentialAges } from './metrics/credential-ages.ts';
import { createMeter, type MeterRegistry } from './metrics/meter.ts';
import { openKms } from './open-kms.ts';

export interface StartOptions {
  readonly config: PortcullisConfig;
  readonly log: Log;
  /** What the control socket's reload does, the same as SIGHUP: says why it was refused, or nothing. */
  readonly requestReload?: () => readonly string[];
}

/** A running Portcullis. Disposing of it drains first. */
export interface Running extends AsyncDisposable {
  /** Of what listens; that of the proxy is empty without key stores. */
  readonly addresses: {
    readonly proxy: string;
    readonly kms?: string;
    readonly metrics?: string;
    readonly control?: string;
  };
  readiness(): Readiness;
  /**
   * Puts key stores, credentials and TLS files of another configuration into force, without closing a
   * connection. Throws a {@link ReloadRefusal} when it differs in something that needs a restart.
   */
  reload(config: PortcullisConfig): void;
  /** Reports a configuration that could not be read or was refused by {@link reload}; the old one stays in force. */
  reloadRefused(error: unknown): void;
  /** Stops accepting, answers what runs, then ends the token hosts. Safe to call again. */
  drain(): Promise<void>;
}

/** The new configuration cannot take force in a running process; the old one stays in force. */
export class ReloadRefusal extends Error {
  override readonly name = 'ReloadRefusal';
}

/** Starts everything. Rejects with a ListenFault, TlsFault, StoreFailure or file error; tokens that are down do not stop it. */
export async function startPortcullis(options: StartOptions): Promise<Running> {
  const portcullis = new Portcullis(options, await claimStateDir(options.config));
  try {
    await portcullis.start();
    return portcullis;
  } catch (error) {
    await portcullis.drain();
    throw error;
  }
}

class Portcullis implements Running {
  #config: PortcullisConfig;
  #stores: readonly KeyStore[];
  #generation = 1;
  #certificates: readonly CertificateInUse[] = [];
  #keyWatch = new AbortController();
  #draining: Promise<void> | undefined;
  readonly #log: Log;
  readonly #requestReload: () => readonly string[];
  readonly #meter: MeterRegistry = createMeter();
  readonly #credentialAges = new CredentialAges();
  readonly #fleet: Fleet;
  readonly #everReady = new Set<string>();
  readonly #listeners: { proxy?: Listener; kms?: Listener; metrics?: Listener; control?: Listener } = {};
  readonly #stateDir: Disposable;
  #kms: KmsFace | undefined;

  constructor({ config, log, requestReload }: StartOptions, stateDir: Disposable) {
    this.#stateDir = stateDir;
    this.#config = config;
    this.#stores = config.keyStores;
    this.#log = log;
    this.#requestReload = requestReload ?? (() => ['this process has no file to read again']);
    this.#fleet = new Fleet({
      tokens: config.tokens.map((token) => hostedToken(token, config)),
      stateDir: config.stateDir,
      invocations: config.invocations,
      clock: SYSTEM_CLOCK,
      entropy: new RandomPool(),
      log,
      meter: this.#meter,
    });
    const readings = {
      queues: () => this.#fleet.queues(),
      certificates: () => this.#certificates,
      credentials: () => this.#credentialAges.readings(),
    };
    this.#meter.readFrom(readings, SYSTEM_CLOCK);
  }

  get addresses(): Running['addresses'] {
    const { proxy, kms, metrics, control } = this.#listeners;
    return {
      proxy: proxy?.address ?? '',
      ...(kms !== undefined && { kms: kms.address }),
      ...(metrics !== undefined && { metrics: metrics.address }),
      ...(control !== undefined && { control: control.address }),
    };
  }

  async start(): Promise<void> {
    const { metrics, control, keyStores } = this.#config;
    const shared = { clock: SYSTEM_CLOCK, log: this.#log, limits: httpLimits(this.#config) };
    if (keyStores.length > 0) await this.#startProxy(shared);
    await this.#startKms(shared);
    if (metrics !== undefined) {
      const handler = createMetricsEndpoint({
        ready: () => this.readiness(),
        exposition: () => this.#meter.exposition(),
      });
      this.#listeners.metrics = await listen({ ...shared, name: 'metrics', at: metrics, handler });
    }
    if (control !== undefined) {
      const handler = createControlEndpoint({
        status: () => this.#status(),
        reload: () => ({ problems: this.#requestReload(), generation: this.#generation }),
        ...(this.#kms !== undefined && { engine: this.#kms }),
      });
      this.#listeners.control = await listen({ ...shared, name: 'control', at: control, handler });
    }
    this.#credentialAges.inForce(this.#stores, SYSTEM_CLOCK.nowMs());
    this.#meter.configurationLoaded(this.#generation);
    this.#log.info('started', {
      version: VERSION,
      generation: this.#generation,
      config: this.#config.file,
      ...this.addresses,
    });
    for (const warning of this.#config.warnings) this.#log.warn('config.warning', { warning });
    this.#watchKeys();
  }

  async #startProxy(shared: SharedByListeners): Promise<void> {
    const { host, port, reusePort, tls: files } = this.#config.proxy;
    const material = files && readTls(files);
    const tls = material === undefined ? {} : { tls: material };
    this.#certificates = certificatesIn(material);
    const handler = this.#xksProxy();
    const at = { host, port, reusePort };
    const face = { handler, bare: true, refusals: xksRefusal };
    this.#listeners.proxy = await listen({ ...shared, ...tls, ...face, name: 'proxy', at });
  }

  async #startKms(shared: SharedByListeners): Promise<void> {
    const { kms: config } = this.#config;
    if (config === undefined) return;
    const { host, port, reusePort, tls: files, access } = config;
    const outside = { clock: SYSTEM_CLOCK, entropy: new RandomPool(), log: this.#log, meter: this.#meter };
    this.#kms = await openKms({ config, fleet: this.#fleet, ...outside });
    const { handler, refusals } = this.#kms;
    const material = files && readTls(files);
    const tls = material === undefined ? {} : { tls: material };
    this.#certificates = [...this.#certificates, ...certificatesIn(material)];
    const at = { host, port, reusePort };
    const face = { handler, refusals, bare: true };
    this.#listeners.kms = await listen({ ...shared, ...tls, ...face, name: 'kms', at });
    if (access.mode === 'open') {
      const address = this.#listeners.kms.address;
      this.#log.warn('kms.open', {
        address,
        meaning: 'an unknown access key is taken without a signature check, as root',
      });
    }
  }

  readiness(): Readiness {
    if (this.#draining !== undefined) return { ready: false, reasons: ['draining'] };
    for (const { name } of this.#config.tokens) if (this.#isReady(name)) this.#everReady.add(name);
    const waiting = this.#config.tokens.filter(({ name }) => !this.#everReady.has(name));
    const reasons = waiting.map(({ name }) => {
      const host = this.#fleet.hosts().find(({ token }) => token === name);
      return `token ${name} has not been logged in to yet: ${host?.reason ?? 'no host'}`;
    });
    if (this.#kms?.waitsFor !== undefined) reasons.push(this.#kms.waitsFor);
    return { ready: reasons.length === 0, reasons };
  }

  reload(config: PortcullisConfig): void {
    const fixed = restartReason(this.#config, config);
    if (fixed !== undefined) throw new ReloadRefusal(`${fixed} changed, which takes a restart`);
    // All that can throw comes before the first thing that takes force.
    const tls = this.#checkedTls(config);
    const certificates = [...certificatesIn(tls.proxy), ...certificatesIn(tls.kms)];
    if (tls.proxy !== undefined) this.#listeners.proxy?.reloadTls(tls.proxy);
    if (tls.kms !== undefined) this.#listeners.kms?.reloadTls(tls.kms);
    this.#kms?.useCredentials(config.kms?.access.credentials ?? []);
    new ObjectClaims(config.keyStores).inherit(new ObjectClaims(this.#stores));
    this.#config = config;
    this.#stores = config.keyStores;
    this.#certificates = certificates;
    this.#credentialAges.inForce(this.#stores, SYSTEM_CLOCK.nowMs());
    this.#generation += 1;
    this.#meter.configurationLoaded(this.#generation);
    this.#log.info('config.reloaded', { generation: this.#generation, config: config.file });
    for (const warning of config.warnings) this.#log.warn('config.warning', { warning });
    this.#watchKeys();
  }

  /** What the listeners are to present from now on, known to be sound. */
  #checkedTls({ proxy, kms, keyStores }: PortcullisConfig): { proxy?: TlsMaterial; kms?: TlsMaterial } {
    const ofProxy = keyStores.length > 0 ? proxy.tls && readTls(proxy.tls) : undefined;
    const ofKms = kms?.tls && readTls(kms.tls);
    if (ofProxy !== undefined) this.#listeners.proxy?.checkTls(ofProxy);
    if (ofKms !== undefined) this.#listeners.kms?.checkTls(ofKms);
    return { ...(ofProxy && { proxy: ofProxy }), ...(ofKms && { kms: ofKms }) };
  }

  reloadRefused(error: unknown): void {
    this.#meter.configurationRefused();
    this.#log.error('config.reload-refused', { generation: this.#generation, error });
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #drain(): Promise<void> {
    const graceMs = this.#config.proxy.limits.drainGraceMs;
    const { proxy, kms, metrics, control } = this.#listeners;
    this.#log.info('draining', { graceMs });
    this.#keyWatch.abort();
    await Promise.all([proxy?.drain(graceMs), kms?.drain(graceMs)]);
    await this.#kms?.[Symbol.asyncDispose]();
    await Promise.all([metrics?.drain(0), control?.drain(0)]);
    await this.#fleet[Symbol.asyncDispose]();
    this.#stateDir[Symbol.dispose]();
    this.#log.info('stopped');
  }

  #xksProxy(): ReturnType<typeof createXksProxy> {
    const { proxy } = this.#config;
    return createXksProxy({
      stores: () => this.#stores,
      aead: this.#fleet.aead,
      directory: this.#fleet,
      health: this.#fleet.health,
      clock: SYSTEM_CLOCK,
      log: this.#log,
      meter: this.#meter,
      settings: {
        bodyBytes: proxy.limits.bodyBytes,
        tokenDeadlineMs: proxy.tokenDeadlineMs,
        replyDeadlineMs: proxy.replyDeadlineMs,
        fleetSize: proxy.fleetSize,
        version: VERSION,
      },
    });
  }

  #isReady(token: string): boolean {
    return this.#fleet
      .hosts()
      .some((host) => host.token === token && host.work === 'any' && host.phase === 'ready');
  }

  /** Watches the keys of the configuration in force, and those of no earlier one. */
  #watchKeys(): void {
    if (this.#draining !== undefined) return;
    this.#keyWatch.abort();
    this.#keyWatch = new AbortController();
    void watchKeys({
      stores: this.#stores,
      healthKeys: this.#config.tokens.map(({ name, healthKey }) => ({ token: name, selector: healthKey })),
      directory: this.#fleet,
      ready: (token) => this.#isReady(token),
      clock: SYSTEM_CLOCK,
      log: this.#log,
      pause,
      signal: this.#keyWatch.signal,
    });
  }

  #status(): unknown {
    return {
      version: VERSION,
      generation: this.#generation,
      config: this.#config.file,
      ...this.readiness(),
      hosts: this.#fleet.hosts(),
      tokens: this.#fleet.health.health(this.#config.tokens.map(({ name }) => name)),
      generations: generationsInForce(this.#stores),
      pathPrefixes: this.#stores.map(({ pathPrefix }) => pathPrefix),
    };
  }
}

type SharedByListeners = Pick<Parameters<typeof listen>[0], 'clock' | 'log' | 'limits'>;

/** The engine's slow work, such as RSA, must not hold up its fast. */
function hostedToken(token: TokenConfig, { kms }: PortcullisConfig): FleetToken {
  const slowHost = kms?.token === token.name;
  return { ...token, env: hostEnvironment(readEnvironment(), token.env), slowHost };
}

const SYSTEM_CLOCK: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
