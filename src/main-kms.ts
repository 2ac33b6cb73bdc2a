/**
 * The part of the composition root that makes the KMS engine over a store and a vault: its clock, the scheduler of what
 * falls due, and the handler of its listener.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KmsConfig } from './config/portcullis-config.ts';
import { HsmFault } from './domain/hsm-fault.ts';
import type { KeyView } from './domain/key/key-view.ts';
import { allowAll } from './domain/ports/authorizer.ts';
import type { Clock } from './domain/ports/clock.ts';
import type { Entropy } from './domain/ports/entropy.ts';
import type { KeyVault } from './domain/ports/key-vault.ts';
import type { Log } from './domain/ports/log.ts';
import type { EventMeter, Meter } from './domain/ports/meter.ts';
import type { RecordStore } from './domain/ports/record-store.ts';
import type { ClockOutcome, EngineControl } from './edge/control/control-endpoint.ts';
import type { ExchangeHandler } from './edge/http/exchange.ts';
import type { RefusalForm } from './edge/http/refusal.ts';
import type { KmsCredentials } from './edge/kms/credential.ts';
import { createKmsEndpoint } from './edge/kms/kms-endpoint.ts';
import { kmsRefusals } from './edge/kms/refusal-form.ts';
import { destroyIfDue } from './engine/kms/destroy-if-due.ts';
import { createKmsEngine, type KmsEngine } from './engine/kms/kms-engine.ts';
import { rotateIfDue } from './engine/kms/rotate-if-due.ts';
import { findSeedConflicts, SeedConflict } from './engine/kms/seed/seed-conflict.ts';
import { sowSeed } from './engine/kms/seed/sow-seed.ts';
import { DEFAULT_SETTINGS, type KmsServices } from './engine/kms/services.ts';
import { viewKeys } from './engine/kms/view-keys.ts';
import { EventDelivery } from './events/event-delivery.ts';
import type { EventSink } from './events/event-sink.ts';
import { readDomain } from './hsm/vault/domain-keys.ts';
import { rewrapAll } from './hsm/vault/rewrap-all.ts';
import { AdjustableClock } from './schedule/adjustable-clock.ts';
import { keepOffset, keptOffset } from './schedule/kept-offset.ts';
import { Scheduler } from './schedule/scheduler.ts';
import { removeCustomerRecords } from './store/remove-customer-records.ts';

export interface KmsFaceOptions {
  readonly config: Pick<KmsConfig, 'access' | 'allowClockControl' | 'limits' | 'seed'>;
  readonly store: RecordStore;
  readonly vault: KeyVault;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: Pick<Meter, 'kmsRequest'>;
  /** Who is told of rotations and deletions; absent: nobody. */
  readonly events?: {
    readonly sinks: readonly EventSink[];
    /** Other engines have the same store. */
    readonly shared: boolean;
    readonly meter: EventMeter;
  };
}

/** A running engine without its listener. Disposing of it waits for what is being done, then closes the store. */
export class KmsFace implements EngineControl, AsyncDisposable {
  readonly handler: ExchangeHandler;
  /** For its listener. */
  readonly refusals: RefusalForm;
  readonly #clock: AdjustableClock;
  readonly #scheduler: Scheduler;
  readonly #services: KmsServices;
  readonly #events: EventDelivery;
  readonly #options: KmsFaceOptions;
  readonly #stopping = new AbortController();
  #credentials: KmsCredentials = new Map();
  #clockTurn: Promise<unknown> = Promise.resolve();
  #wrapping: Promise<void> = Promise.resolve();
  #sowing: Promise<void> = Promise.resolve();
  #waitsFor: string | undefined;

  private constructor(options: KmsFaceOptions, clock: AdjustableClock) {
    const { config, store, vault, entropy, log, meter } = options;
    this.#options = options;
    this.#clock = clock;
    this.#events = new EventDelivery({
      ...NO_EVENTS,
      ...options.events,
      store,
      clock: options.clock,
      entropy,
      log,
    });
    const services: KmsServices = {
      store,
      vault,
      clock,
      entropy,
      authorizer: allowAll,
      events: this.#events,
      settings: {
        ...DEFAULT_SETTINGS,
        keysPerRegion: config.limits.keys,
        aliasesPerKey: config.limits.aliasesPerKey,
        onDemandRotationsPerKey: config.limits.onDemandRotations,
      },
      log,
    };
    this.#services = services;
    this.refusals = kmsRefusals(entropy);
    this.useCredentials(config.access.credentials);
    this.handler = createKmsEndpoint({
      engine: this.#waking(createKmsEngine(services)),
      // Clients sign by the time outside, however far the engine's own clock has been moved.
      clock: options.clock,
      entropy,
      log,
      meter,
      credentials: () => this.#credentials,
      settings: {
        bodyBytes: BODY_BYTES,
        engineDeadlineMs: ENGINE_DEADLINE_MS,
        replyDeadlineMs: ENGINE_DEADLINE_MS + REPLY_MARGIN_MS,
        keyMakingMs: KEY_MAKING_MS,
        regions: 'any',
        dangerOpen: config.access.mode === 'open',
      },
    });
    this.#scheduler = new Scheduler({
      store,
      clock,
      log,
      jobs: [
        {
          kind: 'key',
          run: async (record) => {
            await destroyIfDue(services, record);
            await rotateIfDue(services, record);
          },
        },
      ],
    });
  }

  static async start(options: KmsFaceOptions): Promise<KmsFace> {
    const clock = new AdjustableClock(options.clock, await keptOffset(options.store));
    const face = new KmsFace(options, clock);
    await face.#sowFirst();
    face.#events.start();
    face.#scheduler.wake();
    return face;
  }

  /** Why not all of the seed's keys are there yet, for people; undefined once they are. */
  get waitsFor(): string | undefined {
    return this.#waitsFor;
  }

  /** From the next request on; no other may call from then. */
  useCredentials(credentials: KmsConfig['access']['credentials']): void {
    this.#credentials = new Map(credentials.map((each) => [each.accessKeyId, each]));
  }

  /** One after the other: each adds to where the one before has moved the clock. */
  advanceClock = (ms: number): Promise<ClockOutcome> => {
    const turn = this.#clockTurn.then(() => this.#advanceClock(ms));
    this.#clockTurn = turn.catch(() => undefined);
    return turn;
  };

  reset = async (): Promise<{ readonly problems: readonly string[] }> => {
    if (!this.#options.config.allowClockControl) return { problems: [NO_CONTROL] };
    await removeCustomerRecords(this.#options.store);
    try {
      await sowSeed(this.#options.config.seed, this.#services);
      return { problems: [] };
    } catch (error) {
      if (error instanceof SeedConflict) return { problems: error.conflicts };
      if (!(error instanceof HsmFault)) throw error;
      this.#sowing = this.#sow();
      return { problems: [`everything was removed, and the seed is sown later: ${error.message}`] };
    }
  };

  viewKeys = (name: string): Promise<readonly KeyView[]> => viewKeys(name, this.#options);

  /** Takes what older generations of the domain's keys wrapped to the current one, in the background, until it is done. */
  wrapAgain(): void {
    this.#wrapping = this.#wrapAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#wrapping, this.#sowing]);
    await this.#scheduler[Symbol.asyncDispose]();
    await this.#events[Symbol.asyncDispose]();
    await this.#options.store[Symbol.asyncDispose]();
  }

  async #advanceClock(ms: number): Promise<ClockOutcome> {
    if (!this.#options.config.allowClockControl) {
      return { now: this.#now(), problems: [NO_CONTROL] };
    }
    if (!(ms >= 0 && this.#clock.nowMs() + ms <= END_OF_TIME_MS)) {
      return { now: this.#now(), problems: [BEYOND_TIME] };
    }
    const offsetMs = await keepOffset(this.#options.store, ms);
    await this.#settleOnTheWayTo(offsetMs);
    this.#clock.advance(Math.max(0, offsetMs - this.#clock.offsetMs));
    await this.#scheduler.settle();
    return { now: this.#now(), problems: [] };
  }

  /**
   * Stops wherever a key is due, so that what happens again and again, such as rotation, happens as often and at the
   * times as if somebody had waited. What does not get done is not waited for.
   */
  async #settleOnTheWayTo(offsetMs: number): Promise<void> {
    for (let stops = 0; stops < MOST_STOPS && !this.#stopping.signal.aborted; stops += 1) {
      await this.#scheduler.settle();
      const dueMs = await this.#options.store.nextDueMs('key');
      const stepMs = (dueMs ?? Number.POSITIVE_INFINITY) - this.#clock.nowMs();
      if (!(stepMs > 0 && stepMs < offsetMs - this.#clock.offsetMs)) return;
      this.#clock.advance(stepMs);
    }
  }

  /** A token may take its time, and must not keep the engine from what needs none of it. */
  async #sowFirst(): Promise<void> {
    const { config, store, vault } = this.#options;
    if (config.seed.length === 0) return;
    const conflicts = await findSeedConflicts(config.seed, store);
    if (conflicts.length > 0) throw new SeedConflict(conflicts);
    this.#sowing = this.#sow();
    if (vault.kind === 'software') await this.#sowing;
  }

  async #sow(): Promise<void> {
    const { config, log } = this.#options;
    const { signal } = this.#stopping;
    this.#waitsFor = 'the seed of the KMS engine is being sown';
    while (!signal.aborted) {
      try {
        log.info('kms.seed.sown', { ...(await sowSeed(config.seed, this.#services)) });
        this.#waitsFor = undefined;
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        const before: string | undefined = this.#waitsFor;
        this.#waitsFor = `the seed of the KMS engine has not been sown: ${reason}`;
        if (!(error instanceof HsmFault)) {
          log.error('kms.seed.refused', { error });
          return;
        }
        if (this.#waitsFor !== before) log.warn('kms.seed.waits', { error, retryInMs: SOW_AGAIN_MS });
        await pause(SOW_AGAIN_MS, signal);
      }
    }
  }

  async #wrapAll(): Promise<void> {
    const { store, vault, clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const domain = await readDomain(store);
        const older = domain?.body.generations.filter(
          ({ number, retiredMs }) => number !== domain.body.current && retiredMs === undefined,
        );
        if (older === undefined || older.length === 0) return;
        const outcome = await rewrapAll({ store, vault, clock, pause, signal });
        log.info('kms.wrapped-again', { ...outcome, generation: domain?.body.current });
      } catch (error) {
        log.warn('kms.wrap-again-failed', { error, retryInMs: WRAP_AGAIN_MS });
        await pause(WRAP_AGAIN_MS, signal);
      }
    }
  }

  /** A key that is enabled again may have been due to rotate for long. */
  #waking(engine: KmsEngine): KmsEngine {
    return {
      run: (name, input, call) => {
        const output = engine.run(name, input, call);
        if (name !== 'EnableKey') return output;
        return output.then((enabled) => {
          this.#scheduler.wake();
          return enabled;
        });
      },
    };
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}

/** Keeps no process alive; ends early, and quietly, on the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
}

const NO_EVENTS: NonNullable<KmsFaceOptions['events']> = {
  sinks: [],
  shared: false,
  meter: { eventsDelivered: ignore, eventDeliveryFailed: ignore, eventsWaiting: ignore },
};
const NO_CONTROL = 'kms.dangerAllowClockControl is not set in the configuration of this process';
/** Of a clock that is advanced: years of a few keys, and not the hours that 100 000 would take. */
const MOST_STOPS = 1_000;
/** Leaves room for periods and windows before the year 9999, where the clients of several languages end. */
const END_OF_TIME_MS = Date.UTC(9900, 0);
const BEYOND_TIME = 'the clock goes forward only, and not beyond the year 9899';
/** An attestation document of 256 KiB in Base64, and room for the rest. */
const BODY_BYTES = 512 * 1_024;
/** Creating a key may wait for a slow device; whoever wants less waits less. */
const ENGINE_DEADLINE_MS = 10_000;
const REPLY_MARGIN_MS = 500;
/** Clients of AWS wait for a minute. */
const KEY_MAKING_MS = 40_000;
const WRAP_AGAIN_MS = 30_000;
const SOW_AGAIN_MS = 250;

function ignore(): void {}
