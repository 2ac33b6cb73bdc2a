/** The hosts of one token: which of them serves a call, and what is remembered of the token's keys. */
import { type KeySelector, selectorText } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { CallContext, KeyDescription } from '../domain/ports/hsm.ts';
import type { Meter } from '../domain/ports/meter.ts';
import { HostLost } from './supervisor/host-lost.ts';
import type { HostedToken, TokenSupervisor } from './supervisor/token-supervisor.ts';
import { decodeJson, encodeJson, HostFault } from './wire/messages.ts';
import { DEADLINE_MS, type OperationName, operationRow } from './wire/operations.ts';

export interface TokenFleetOptions {
  readonly token: HostedToken;
  readonly hosts: readonly TokenSupervisor[];
  /** They do what goes apart, and nothing else, from the first of it on; the others do it while none of them serves. */
  readonly slowHosts?: readonly TokenSupervisor[];
  readonly clock: Clock;
  readonly meter: Meter;
}

export class TokenFleet {
  readonly token: HostedToken;
  /** Those that take requests of any kind. */
  readonly hosts: readonly TokenSupervisor[];
  readonly allHosts: readonly TokenSupervisor[];
  readonly #slowHosts: readonly TokenSupervisor[];
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #descriptions = new Map<
    string,
    { readonly described: Promise<KeyDescription>; readonly sinceMs: number }
  >();
  #turn = 0;

  constructor(options: TokenFleetOptions) {
    this.token = options.token;
    this.hosts = options.hosts;
    this.#slowHosts = options.slowHosts ?? [];
    this.allHosts = [...this.hosts, ...this.#slowHosts];
    this.#clock = options.clock;
    this.#meter = options.meter;
  }

  /** Forgets what it knew of keys: a host has logged in anew. */
  forget(): void {
    this.#descriptions.clear();
  }

  /**
   * Asks the least busy ready host. When that host is lost on the way, another ready one is asked once:
   * what goes through here may be done twice without harm.
   */
  async call(
    operation: OperationName,
    body: Uint8Array,
    context: CallContext,
    { selector, affinity }: CallTarget = {},
  ): Promise<Uint8Array> {
    const startedMs = this.#clock.monotonicMs();
    let fault = '';
    try {
      return await this.#tryHosts({ operation, body, context, affinity });
    } catch (error) {
      fault = error instanceof HsmFault ? error.code : 'internal';
      const stale = error instanceof HostFault && error.report.stale === true;
      if (selector !== undefined && (stale || fault === 'not-found'))
        this.#descriptions.delete(selectorText(selector));
      throw error;
    } finally {
      const seconds = (this.#clock.monotonicMs() - startedMs) / 1000;
      this.#meter.tokenCall({ token: this.token.name, operation, fault, seconds });
    }
  }

  /** Sends to every host that serves. Nobody waits for it, and what fails is not tried again. */
  tell(operation: OperationName, body: Uint8Array): void {
    for (const host of this.allHosts) if (host.serves) void host.call(operation, body).catch(() => undefined);
  }

  /** Describes a key, from memory where possible; failures are not remembered. */
  describe(selector: KeySelector, context: CallContext): Promise<KeyDescription> {
    const name = selectorText(selector);
    const known = this.#descriptions.get(name);
    if (known !== undefined) return known.described;
    // Finding a key among many can outlast a crypto deadline; the caller's own watchdog still answers in time.
    const deadlineMs = Math.max(context.deadlineMs, this.#clock.monotonicMs() + DEADLINE_MS.metadata);
    const asked = this.call('describe', encodeJson(selector), { ...context, deadlineMs }, { selector }).then(
      (body) => decodeJson<KeyDescription>(body),
    );
    this.#descriptions.set(name, { described: asked, sinceMs: this.#clock.monotonicMs() });
    asked.catch(() => {
      if (this.#descriptions.get(name)?.described === asked) this.#descriptions.delete(name);
    });
    return asked;
  }

  /** As the port says. */
  refresh(selector: KeySelector): boolean {
    const name = selectorText(selector);
    const known = this.#descriptions.get(name);
    if (known !== undefined && this.#clock.monotonicMs() - known.sinceMs < REFRESH_AFTER_MS) return false;
    return this.#descriptions.delete(name);
  }

  async #tryHosts({ operation, body, context, affinity }: HostCall): Promise<Uint8Array> {
    const hosts = this.#hostsFor(operation);
    const first = this.#pick(hosts, affinity);
    try {
      return await first.call(operation, body, context);
    } catch (error) {
      // A call that a host died of must not be handed to the next one; nor is an answer, whatever it says, a reason to ask again.
      if (!(error instanceof HostLost) || (error.sent && error.crashed) || this.allHosts.length === 1)
        throw error;
      return await this.#pick(this.#hostsFor(operation), affinity, first).call(operation, body, context);
    }
  }

  #hostsFor(operation: OperationName): readonly TokenSupervisor[] {
    if (operationRow(operation).apart !== true) return this.hosts;
    // Where nobody asks for slow work there is no host for it, nor another login that could go wrong.
    for (const host of this.#slowHosts) host.start();
    return this.#slowHosts.some((host) => host.serves) ? this.#slowHosts : this.hosts;
  }

  /** The host that this affinity ranks first, among those that serve and are not much busier than another. */
  #nearest(
    hosts: readonly TokenSupervisor[],
    affinity: number,
    except: TokenSupervisor | undefined,
  ): TokenSupervisor | undefined {
    const serving = hosts.filter((host) => host !== except && host.serves);
    const loads = serving.map((host) => host.load);
    const tolerated = Math.min(...loads) + LOAD_TOLERATED;
    let best: TokenSupervisor | undefined;
    let bestRank = -1;
    for (const [index, host] of serving.entries()) {
      const itsRank = rank(affinity, hosts.indexOf(host));
      if ((loads[index] ?? 0) > tolerated || itsRank <= bestRank) continue;
      best = host;
      bestRank = itsRank;
    }
    return best;
  }

  #pick(
    hosts: readonly TokenSupervisor[],
    affinity: number | undefined,
    except?: TokenSupervisor,
  ): TokenSupervisor {
    const near = affinity === undefined ? undefined : this.#nearest(hosts, affinity, except);
    if (near !== undefined) return near;
    let best: TokenSupervisor | undefined;
    this.#turn = (this.#turn + 1) % hosts.length;
    for (let step = 0; step < hosts.length; step += 1) {
      const host = hosts[(this.#turn + step) % hosts.length];
      if (host === undefined || host === except || !host.serves) continue;
      if (best === undefined || host.load < best.load) best = host;
    }
    if (best !== undefined) return best;
    const reasons = hosts.map((host) => host.reason).join('; ');
    const locked = hosts.every((host) => host.phase === 'locked');
    throw new HsmFault(locked ? 'pin-locked' : 'unavailable', `token ${this.token.name} is not ready`, {
      cause: new Error(reasons),
    });
  }
}

/** What helps to choose a host, and to keep what is known of a key true. */
export interface CallTarget {
  /** Of the key that the call uses. */
  readonly selector?: KeySelector;
  /** 0 … 2^32 - 1: equal ones go to the same host as far as its load allows, since it remembers what they need. */
  readonly affinity?: number | undefined;
}

interface HostCall {
  readonly operation: OperationName;
  readonly body: Uint8Array;
  readonly context: CallContext;
  readonly affinity: number | undefined;
}

/** Rendezvous hashing: who comes first for an affinity does not depend on who else there is. */
function rank(affinity: number, host: number): number {
  let mixed = Math.imul(affinity ^ Math.imul(host + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const REFRESH_AFTER_MS = 5_000;
/** Calls that a host may have more than the idlest one before it loses what is drawn to it. */
const LOAD_TOLERATED = 8;
