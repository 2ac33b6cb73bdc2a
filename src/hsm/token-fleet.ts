/** The hosts of one token: which of them serves a call, and what is remembered of the token's keys. */
import { type KeySelector, selectorText } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { CallContext, KeyDescription } from '../domain/ports/hsm.ts';
import type { Meter } from '../domain/ports/meter.ts';
import { HostLost } from './supervisor/host-lost.ts';
import type { HostedToken, TokenSupervisor } from './supervisor/token-supervisor.ts';
import { decodeJson, encodeJson, HostFault } from './wire/messages.ts';
import { DEADLINE_MS, type OperationName } from './wire/operations.ts';

export interface TokenFleetOptions {
  readonly token: HostedToken;
  readonly hosts: readonly TokenSupervisor[];
  readonly clock: Clock;
  readonly meter: Meter;
}

export class TokenFleet {
  readonly token: HostedToken;
  readonly hosts: readonly TokenSupervisor[];
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
    selector?: KeySelector,
  ): Promise<Uint8Array> {
    const startedMs = this.#clock.monotonicMs();
    let fault = '';
    try {
      return await this.#tryHosts(operation, body, context);
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

  /** Describes a key, from memory where possible; failures are not remembered. */
  describe(selector: KeySelector, context: CallContext): Promise<KeyDescription> {
    const name = selectorText(selector);
    const known = this.#descriptions.get(name);
    if (known !== undefined) return known.described;
    // Finding a key among many can outlast a crypto deadline; the caller's own watchdog still answers in time.
    const deadlineMs = Math.max(context.deadlineMs, this.#clock.monotonicMs() + DEADLINE_MS.metadata);
    const asked = this.call('describe', encodeJson(selector), { ...context, deadlineMs }, selector).then(
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

  async #tryHosts(operation: OperationName, body: Uint8Array, context: CallContext): Promise<Uint8Array> {
    const first = this.#pick();
    try {
      return await first.call(operation, body, context);
    } catch (error) {
      // A call that a host died of must not be handed to the next one; nor is an answer, whatever it says, a reason to ask again.
      if (!(error instanceof HostLost) || (error.sent && error.crashed) || this.hosts.length === 1)
        throw error;
      return await this.#pick(first).call(operation, body, context);
    }
  }

  #pick(except?: TokenSupervisor): TokenSupervisor {
    let best: TokenSupervisor | undefined;
    this.#turn = (this.#turn + 1) % this.hosts.length;
    for (let step = 0; step < this.hosts.length; step += 1) {
      const host = this.hosts[(this.#turn + step) % this.hosts.length];
      if (host === undefined || host === except || !host.serves) continue;
      if (best === undefined || host.load < best.load) best = host;
    }
    if (best !== undefined) return best;
    const reasons = this.hosts.map((host) => host.reason).join('; ');
    const locked = this.hosts.every((host) => host.phase === 'locked');
    throw new HsmFault(locked ? 'pin-locked' : 'unavailable', `token ${this.token.name} is not ready`, {
      cause: new Error(reasons),
    });
  }
}

const REFRESH_AFTER_MS = 5_000;
