/** The HSM layer as a whole: tokens by name, each with its hosts, behind the ports that the engines know. */
import { HsmFault } from '../domain/hsm-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Entropy } from '../domain/ports/entropy.ts';
import type {
  Aead,
  CallContext,
  HealthMonitor,
  KeyDescription,
  KeyDirectory,
  TokenKey,
} from '../domain/ports/hsm.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Meter, QueueReading } from '../domain/ports/meter.ts';
import { SchemeAead } from './aead/scheme-aead.ts';
import type { CallToken } from './aead/token-call.ts';
import { BackgroundHealth } from './health-monitor.ts';
import { type InvocationBound, InvocationCounter } from './invocation-counter.ts';
import type { QueueDepth } from './supervisor/host-link.ts';
import { type SpawnHost, spawnTokenHost } from './supervisor/host-process.ts';
import { LoginGate } from './supervisor/login-gate.ts';
import { PinLatch } from './supervisor/pin-latch.ts';
import { type HostedToken, type HostPhase, TokenSupervisor } from './supervisor/token-supervisor.ts';
import { TokenFleet } from './token-fleet.ts';
import { LANES, type OperationName } from './wire/operations.ts';

export interface FleetOptions {
  readonly tokens: readonly FleetToken[];
  /** Exists, mode 0700. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: Meter;
  readonly invocations?: InvocationBound;
  readonly spawn?: SpawnHost;
  readonly maxQueue?: number;
  readonly healthEveryMs?: number;
}

export interface FleetToken extends HostedToken {
  readonly hosts: number;
  /** One more host, where the device allows one, from the first slow work on: RSA and the like. */
  readonly slowHost?: boolean;
}

/** What the status page shows of a host. */
export interface HostStatus {
  readonly token: string;
  /** `slow`: it does slow work, and nothing else. */
  readonly work: 'any' | 'slow';
  readonly pid: number | undefined;
  readonly phase: HostPhase;
  readonly reason: string;
}

/** What a key vault needs of the tokens. */
export interface VaultTokens {
  /** Calls with one affinity go to one host, as far as its load and health allow. */
  callNear(
    token: string,
    operation: OperationName,
    body: Uint8Array,
    options: { readonly context: CallContext; readonly affinity?: number },
  ): Promise<Uint8Array>;
  /** Lets every host know that serves now. Nobody waits for it. */
  tell(token: string, operation: OperationName, body: Uint8Array): void;
}

export class Fleet implements KeyDirectory, VaultTokens, AsyncDisposable {
  readonly aead: Aead;
  readonly health: HealthMonitor;
  readonly #fleets = new Map<string, TokenFleet>();
  readonly #health: BackgroundHealth;
  readonly #counter: InvocationCounter | undefined;

  /** Starts every host; none of them needs to come up for this to return. */
  constructor(options: FleetOptions) {
    const shared = { latch: new PinLatch(options.stateDir), gate: new LoginGate() };
    for (const token of options.tokens) this.#fleets.set(token.name, this.#openToken(token, shared, options));
    const { stateDir, invocations: bound, log, meter } = options;
    this.#counter = bound && new InvocationCounter({ stateDir, bound, log, meter });
    this.aead = new SchemeAead(
      (key, operation, body, context) => this.#call(key, operation, body, context),
      options.entropy,
      this.#counter,
    );
    this.#health = new BackgroundHealth({
      fleets: this.#fleets,
      clock: options.clock,
      entropy: options.entropy,
      log: options.log,
      meter: options.meter,
      ...(options.healthEveryMs !== undefined && { everyMs: options.healthEveryMs }),
    });
    this.health = this.#health;
    for (const fleet of this.#fleets.values()) for (const host of fleet.hosts) host.start();
    this.#health.start();
  }

  describe(key: TokenKey, context: CallContext): Promise<KeyDescription> {
    const fleet = this.#fleets.get(key.token);
    if (fleet === undefined)
      return Promise.reject(new HsmFault('not-found', `no token is named ${key.token}`));
    return fleet.describe(key.selector, context);
  }

  refresh(key: TokenKey): boolean {
    return this.#fleets.get(key.token)?.refresh(key.selector) ?? false;
  }

  callNear(
    token: string,
    operation: OperationName,
    body: Uint8Array,
    { context, affinity }: { readonly context: CallContext; readonly affinity?: number },
  ): Promise<Uint8Array> {
    const fleet = this.#fleets.get(token);
    if (fleet === undefined) return Promise.reject(new HsmFault('not-found', `no token is named ${token}`));
    return fleet.call(operation, body, context, { affinity });
  }

  tell(token: string, operation: OperationName, body: Uint8Array): void {
    this.#fleets.get(token)?.tell(operation, body);
  }

  hosts(): HostStatus[] {
    return [...this.#fleets.values()].flatMap((fleet) =>
      fleet.allHosts
        .filter(({ started }) => started)
        .map((host) => {
          const { pid, phase, reason } = host;
          return {
            token: fleet.token.name,
            work: fleet.hosts.includes(host) ? 'any' : 'slow',
            pid,
            phase,
            reason,
          };
        }),
    );
  }

  /** Calls that wait or run, by token and lane, over all hosts of the token. */
  queues(): QueueReading[] {
    return [...this.#fleets].flatMap(([token, { allHosts }]) =>
      LANES.map((lane) => {
        const depths = allHosts.map((host) => host.queue(lane));
        const sum = (of: keyof QueueDepth) => depths.reduce((total, depth) => total + depth[of], 0);
        return { token, lane, waiting: sum('waiting'), running: sum('running') };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#health.stop();
    await Promise.all(
      [...this.#fleets.values()].flatMap((fleet) => fleet.allHosts.map((host) => host.stop())),
    );
    this.#counter?.close();
  }

  #call: CallToken = (key, operation, body, context) => {
    const fleet = this.#fleets.get(key.token);
    if (fleet === undefined)
      return Promise.reject(new HsmFault('not-found', `no token is named ${key.token}`));
    return fleet.call(operation, body, context, { selector: key.selector });
  };

  #openToken(token: FleetToken, shared: SharedLogin, options: FleetOptions): TokenFleet {
    const { clock, log, meter } = options;
    const open = (niceness: number): TokenSupervisor => {
      const host: TokenSupervisor = new TokenSupervisor({
        ...{ token, ...shared, clock, log, niceness },
        spawn: options.spawn ?? spawnTokenHost,
        maxQueue: options.maxQueue ?? MAX_QUEUE,
        onStarted: () => meter.hostStarted(token.name),
        onPhase: (phase) => this.#hostChanged(token.name, host, phase),
      });
      return host;
    };
    const { maxHosts } = token.profile;
    const hosts = Array.from({ length: Math.min(token.hosts, maxHosts) }, () => open(0));
    const slowHosts = token.slowHost === true && hosts.length < maxHosts ? [open(SLOW_NICENESS)] : [];
    return new TokenFleet({ token, hosts, slowHosts, clock, meter });
  }

  #hostChanged(token: string, host: TokenSupervisor, phase: HostPhase): void {
    if (phase !== 'ready') return;
    this.#fleets.get(token)?.forget();
    this.#health.forget(host);
    this.#health.start();
  }
}

/** What keeps logins apart: one for all tokens, since two entries of a configuration may name one token. */
interface SharedLogin {
  readonly latch: PinLatch;
  readonly gate: LoginGate;
}

/** Of a host that does slow work: where processors are scarce, requests that wait for quick work come first. */
const SLOW_NICENESS = 10;
/** Calls that may wait per lane and host; at 25 µs a call this is 50 ms of work. */
const MAX_QUEUE = 2_000;
