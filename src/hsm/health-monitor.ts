/**
 * Deep health: every host of every token encrypts and decrypts with the token's health key, in its scheme and
 * in the background, through the same queue as everybody else. What is asked later is answered from memory, but
 * never from a measurement older than a minute, and a host lost since then counts at once.
 */
import { HsmFault } from '../domain/hsm-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Entropy } from '../domain/ports/entropy.ts';
import type { HealthMonitor, KeyRole, TokenHealth, TokenStatus } from '../domain/ports/hsm.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Meter } from '../domain/ports/meter.ts';
import { HEALTH_KEY_NAME } from './aead/key-derivation.ts';
import { SchemeAead } from './aead/scheme-aead.ts';
import { expectedDevice } from './devices/emulation.ts';
import type { TokenSupervisor } from './supervisor/token-supervisor.ts';
import type { TokenFleet } from './token-fleet.ts';

export interface BackgroundHealthOptions {
  readonly fleets: ReadonlyMap<string, TokenFleet>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: Meter;
  /** Between two measurements of a healthy host. */
  readonly everyMs?: number;
}

/** @req X-40 X-41 X-45 */
export class BackgroundHealth implements HealthMonitor {
  readonly #options: BackgroundHealthOptions;
  readonly #records = new Map<TokenSupervisor, HostRecord>();
  readonly #lastStatus = new Map<string, TokenStatus>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #wanted = false;
  #stopped = false;

  constructor(options: BackgroundHealthOptions) {
    this.#options = options;
  }

  /** Measures all hosts now, and again and again until {@link stop}. A call while it measures makes it measure once more. */
  start(): void {
    this.#wanted = true;
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#stopped) return;
      const healthy = [...this.#lastStatus.values()].every((status) => status === 'ACTIVE');
      this.#timer = setTimeout(() => this.start(), healthy ? (this.#options.everyMs ?? EVERY_MS) : RETRY_MS);
    });
  }

  /** The host begins another life: what was measured before says nothing of it. */
  forget(host: TokenSupervisor): void {
    this.#records.delete(host);
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      await this.#measureAll();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #measureAll(): Promise<void> {
    const hosts = [...this.#options.fleets.values()].flatMap((fleet) =>
      fleet.hosts.map((host) => ({ fleet, host })),
    );
    await Promise.all(hosts.map(({ fleet, host }) => this.#measure(fleet, host)));
    for (const token of this.#options.fleets.keys()) this.#announce(token);
  }

  health(tokens: readonly string[]): TokenHealth[] {
    return tokens.map((token) => this.#judge(token));
  }

  async #measure(fleet: TokenFleet, host: TokenSupervisor): Promise<void> {
    const { clock, entropy } = this.#options;
    const { healthKey } = fleet.token;
    if (host.phase !== 'ready' || healthKey === undefined) return;
    const { scheme, ...selector } = healthKey;
    const role: KeyRole = {
      key: { token: fleet.token.name, selector },
      admitted: 'any object',
      scheme,
      generation: 0,
      keyName: HEALTH_KEY_NAME,
    };
    const aead = new SchemeAead(
      (_key, operation, body, context) => host.call(operation, body, context),
      entropy,
    );
    const startedMs = clock.monotonicMs();
    const context = { tenant: HEALTH_TENANT, deadlineMs: startedMs + CHECK_DEADLINE_MS };
    const record = this.#records.get(host) ?? {
      failures: 0,
      failure: '',
      okAtMs: Number.NEGATIVE_INFINITY,
      slow: false,
    };
    try {
      const plaintext = entropy.randomBytes(PROBE_BYTES);
      const aad = (metadata: Uint8Array): Uint8Array => metadata;
      const sealed = await aead.seal({ ...role, plaintext, aad }, context);
      const opened = await aead.open({ ...role, ...sealed, aad: sealed.metadata }, context);
      if (!Buffer.from(opened).equals(plaintext))
        throw new HsmFault('internal', 'the token decrypted to something else');
      const okAtMs = clock.monotonicMs();
      this.#records.set(host, { failures: 0, failure: '', okAtMs, slow: okAtMs - startedMs > SLOW_MS });
    } catch (error) {
      const failure = failureText(error);
      this.#records.set(host, { ...record, failures: record.failures + 1, failure });
    }
  }

  #judge(token: string): TokenHealth {
    const fleet = this.#options.fleets.get(token);
    if (fleet === undefined)
      return { token, vendor: 'unknown', model: 'unknown', status: 'UNAVAILABLE', reason: 'no such token' };
    const nowMs = this.#options.clock.monotonicMs();
    const verdicts = fleet.hosts.map((host) => judgeHost(host, this.#records.get(host), nowMs));
    const status = verdicts.every(({ status }) => status === 'UNAVAILABLE')
      ? 'UNAVAILABLE'
      : verdicts.every(({ status }) => status === 'ACTIVE')
        ? 'ACTIVE'
        : 'DEGRADED';
    const expected = expectedDevice(fleet.token.profile, fleet.token.env);
    const info = fleet.hosts.map((host) => host.info).find((seen) => seen !== undefined);
    return {
      token,
      vendor: info?.vendor || expected.vendor,
      model: info?.model || expected.model,
      status,
      reason: verdicts
        .map(({ reason }) => reason)
        .filter((reason) => reason !== '')
        .join('; '),
    };
  }

  #announce(token: string): void {
    const { log, meter } = this.#options;
    const { status, reason } = this.#judge(token);
    meter.tokenStatus(token, status);
    if (this.#lastStatus.get(token) === status) return;
    this.#lastStatus.set(token, status);
    if (status === 'ACTIVE') log.info('token.health', { token, status });
    else log.warn('token.health', { token, status, reason });
  }
}

interface HostRecord {
  /** Failed checks since the last good one. */
  readonly failures: number;
  readonly failure: string;
  readonly okAtMs: number;
  readonly slow: boolean;
}

interface Verdict {
  readonly status: TokenStatus;
  readonly reason: string;
}

function judgeHost(host: TokenSupervisor, record: HostRecord | undefined, nowMs: number): Verdict {
  if (host.phase !== 'ready') return { status: 'UNAVAILABLE', reason: host.reason };
  if (record === undefined) return { status: 'UNAVAILABLE', reason: 'not measured yet' };
  if (nowMs - record.okAtMs > MAX_AGE_MS) {
    return { status: 'UNAVAILABLE', reason: record.failure || 'no check has succeeded within a minute' };
  }
  if (record.failures >= FAILURES_UNAVAILABLE) return { status: 'UNAVAILABLE', reason: record.failure };
  if (record.failures > 0) return { status: 'DEGRADED', reason: record.failure };
  return record.slow
    ? { status: 'DEGRADED', reason: `a check took more than ${SLOW_MS} ms` }
    : { status: 'ACTIVE', reason: '' };
}

function failureText(error: unknown): string {
  if (!(error instanceof HsmFault)) return 'the check failed';
  const text = `${error.code}: ${error.detail}`;
  return error.code === 'not-found' ? `${text}; ${HEALTH_KEY_MISSING}` : text;
}

const HEALTH_KEY_MISSING =
  "this is the token's healthKey in the configuration: make it with keys create, and it is used as soon as it exists";
const EVERY_MS = 10_000;
const RETRY_MS = 1_000;
/** One lost check may be load; two in a row are a finding. */
const FAILURES_UNAVAILABLE = 2;
const MAX_AGE_MS = 60_000;
const CHECK_DEADLINE_MS = 1_000;
const SLOW_MS = 150;
const PROBE_BYTES = 32;
const HEALTH_TENANT = 0;
