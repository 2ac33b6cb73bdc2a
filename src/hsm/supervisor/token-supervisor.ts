/**
 * Keeps one token host alive: starts it, opens the token, logs in under the PIN latch, watches it, and
 * replaces it when it dies, hangs or says that it can do no more good.
 */

import type { HealthKey } from '../../domain/hsm/health-key.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Secret } from '../../domain/secret.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import type { OpenedToken } from '../devices/token-shapes.ts';
import {
  decodeJson,
  encodeJson,
  type OpenMessage,
  type PreparedToken,
  type PrepareMessage,
} from '../wire/messages.ts';
import type { LaneName, OperationName } from '../wire/operations.ts';
import { Backoff } from './backoff.ts';
import type { CallOptions } from './call.ts';
import { HostLink, type QueueDepth } from './host-link.ts';
import type { HostProcess, SpawnHost } from './host-process.ts';
import { latchedLogin } from './latched-login.ts';
import type { LoginGate } from './login-gate.ts';
import type { PinLatch } from './pin-latch.ts';
import { sleep } from './sleep.ts';

/** `locked` is the end of the road until an operator acts; everything else heals itself. */
export type HostPhase = 'starting' | 'ready' | 'recovering' | 'locked' | 'stopped';

export interface HostedToken {
  readonly name: string;
  readonly profile: DeviceProfile;
  readonly module: string;
  readonly libraryParameters?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly token: { readonly label?: string; readonly serial?: string };
  readonly pin: Secret;
  readonly healthKey?: HealthKey;
}

export interface TokenSupervisorOptions {
  readonly token: HostedToken;
  readonly clock: Clock;
  readonly log: Log;
  readonly latch: PinLatch;
  readonly gate: LoginGate;
  readonly spawn: SpawnHost;
  readonly maxQueue: number;
  /** Of its processes (setpriority): 0, or more for work that is in no hurry. */
  readonly niceness?: number;
  readonly onStarted: () => void;
  readonly onPhase: (phase: HostPhase) => void;
}

export class TokenSupervisor {
  readonly #options: TokenSupervisorOptions;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  #readySinceMs: number | undefined;
  #loggingIn: Promise<void> = Promise.resolve();
  #phase: HostPhase = 'starting';
  #reason = 'starting';
  #link: HostLink | undefined;
  #process: HostProcess | undefined;
  #info: OpenedToken | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: TokenSupervisorOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.token.profile.longestRestartMs);
  }

  get phase(): HostPhase {
    return this.#phase;
  }

  /** Why the host is not ready; empty when it is. */
  get reason(): string {
    return this.#phase === 'ready' ? '' : this.#reason;
  }

  /** The token as last seen; undefined before it was ever opened. */
  get info(): OpenedToken | undefined {
    return this.#info;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Calls can be sent to it. */
  get serves(): boolean {
    return this.#phase === 'ready' && this.#link?.lost === false;
  }

  get load(): number {
    return this.#link?.load ?? 0;
  }

  queue(lane: LaneName): QueueDepth {
    return this.#link?.queue(lane) ?? { waiting: 0, running: 0 };
  }

  /** Whether {@link start} was ever called. */
  get started(): boolean {
    return this.#loop !== undefined;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Sends a request to the host. Fault `unavailable` while it is not ready. */
  call(operation: OperationName, body: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    if (this.#phase !== 'ready' || this.#link === undefined) {
      return Promise.reject(
        new HsmFault('unavailable', 'the token is not ready', { cause: new Error(this.#reason) }),
      );
    }
    return this.#link.call(operation, body, options);
  }

  /** Ends the host: politely, and by force when it does not go. A login on its way is let finish, for its answer counts. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#setPhase('stopped', 'stopped');
    await Promise.race([this.#loggingIn.catch(() => undefined), sleep(LOGIN_PATIENCE_MS)]);
    const process = this.#process;
    this.#link?.lose('stopped');
    if (process !== undefined) await endOf(process, STOP_GRACE_MS);
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const ended = await this.#live().catch(faultText);
      if (this.#stopping.signal.aborted || this.#phase === 'locked') return;
      const waitMs = this.#backoff.next();
      this.#setPhase('recovering', ended);
      this.#options.log.warn('token-host.lost', {
        token: this.#options.token.name,
        reason: ended,
        restartInMs: waitMs,
      });
      await sleep(waitMs, this.#stopping.signal);
    }
  }

  /** One life of a host, from spawn to end; resolves with the reason of its end. */
  async #live(): Promise<string> {
    const { token, log, spawn, niceness = 0 } = this.#options;
    const process = spawn({ env: token.env, token: token.name, niceness, log });
    this.#process = process;
    this.#options.onStarted();
    const fate = new Fate();
    const link = new HostLink({
      pid: process.pid,
      socket: process.socket,
      profile: token.profile,
      clock: this.#options.clock,
      maxQueue: this.#options.maxQueue,
      events: {
        onGreeting: () => fate.greeted.resolve(undefined),
        // How the process ended says whether it crashed; it is about to be known.
        onClosed: (reason) => void sleep(EXIT_NEWS_MS).then(() => link.lose(reason)),
        onLost: (reason) => fate.lost.resolve(reason),
        onUnfit: (reason) => link.lose(reason),
      },
    });
    this.#link = link;
    void process.exited.then(({ how, crashed }) => link.lose(`the token host ${how}`, crashed));
    try {
      await this.#bringUp(link, fate, process);
    } catch (error) {
      this.#failedStart(error);
      link.lose(faultText(error));
    }
    const reason = await fate.lost.promise;
    if (this.#phase === 'ready') this.#setPhase('recovering', reason);
    // On stop() the host may end by itself, which it does at the end of its connection.
    await endOf(process, this.#stopping.signal.aborted ? STOP_GRACE_MS : 0);
    return reason;
  }

  async #bringUp(link: HostLink, fate: Fate, process: HostProcess): Promise<void> {
    const { token, log, clock } = this.#options;
    await Promise.race([fate.greeted.promise, fate.lost.promise.then(failStart), failAfter(GREETING_MS)]);
    const { module, libraryParameters, profile } = token;
    const open: OpenMessage = {
      module,
      profile,
      token: token.token,
      ...(libraryParameters !== undefined && { libraryParameters }),
    };
    const opened = decodeJson<OpenedToken>(await link.call('open', encodeJson(open)));
    this.#info = opened;
    const { gate, latch } = this.#options;
    this.#loggingIn = gate.enter(opened.serial, async () => {
      if (this.#stopping.signal.aborted) throw new HsmFault('unavailable', 'stopping');
      // The token's flags as they are now: another host may have used up an attempt while this one waited.
      const info = decodeJson<OpenedToken>(await link.call('open', encodeJson(open)));
      await latchedLogin({ link, token: info, profile, pin: token.pin, latch });
    });
    await this.#loggingIn;
    const info = opened;
    const prepare: PrepareMessage = token.healthKey === undefined ? {} : { healthKey: token.healthKey };
    const prepared = decodeJson<PreparedToken>(await link.call('prepare', encodeJson(prepare)));
    this.#readySinceMs = clock.monotonicMs();
    this.#setPhase('ready', '');
    log.info('token-host.ready', {
      token: token.name,
      pid: process.pid,
      serial: info.serial,
      model: info.model,
      gcm: prepared.gcm,
      hmac: prepared.hmac,
      cmac: prepared.cmac,
      cbc: prepared.cbc,
    });
    if (prepared.canary !== '')
      log.error('token-host.no-canary', { token: token.name, reason: prepared.canary });
  }

  #failedStart(error: unknown): void {
    const { log, token } = this.#options;
    const text = faultText(error);
    if (error instanceof HsmFault && error.code === 'pin-locked') {
      this.#setPhase('locked', text);
      log.error('token-host.locked', { token: token.name, reason: text });
    } else {
      this.#reason = text;
      log.warn('token-host.start-failed', { token: token.name, reason: text });
    }
  }

  #setPhase(phase: HostPhase, reason: string): void {
    if (this.#phase === 'stopped') return;
    const { clock } = this.#options;
    if (this.#phase === 'ready' && clock.monotonicMs() - (this.#readySinceMs ?? 0) >= STABLE_AFTER_MS)
      this.#backoff.reset();
    this.#phase = phase;
    this.#reason = reason;
    this.#options.onPhase(phase);
  }
}

/** The two moments of a host's life that others wait for. */
class Fate {
  readonly greeted = Promise.withResolvers<undefined>();
  readonly lost = Promise.withResolvers<string>();
}

function failStart(reason: string): never {
  throw new HsmFault('unavailable', `the token host ended while it started: ${reason}`);
}

async function failAfter(ms: number): Promise<never> {
  await sleep(ms);
  throw new HsmFault('unavailable', `the token host did not greet within ${ms} ms`);
}

function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error instanceof HsmFault ? error.detail : error.message;
  return error.cause === undefined
    ? text
    : `${text} (${error.cause instanceof Error ? error.cause.message : error.cause})`;
}

/** Waits for the end of the process, which is forced after the grace; a process that not even that ends is given up. */
async function endOf(process: HostProcess, graceMs: number): Promise<void> {
  const force = setTimeout(() => process.kill(), graceMs);
  await Promise.race([process.exited, sleep(graceMs + GIVE_UP_MS)]);
  clearTimeout(force);
}

const GREETING_MS = 10_000;
/** Less than the ten seconds that containers are given to stop. */
const LOGIN_PATIENCE_MS = 5_000;
const STOP_GRACE_MS = 2_000;
const GIVE_UP_MS = 5_000;
/** Well below a crypto deadline, so that a call can still go to another host. */
const EXIT_NEWS_MS = 50;
const STABLE_AFTER_MS = 5_000;
