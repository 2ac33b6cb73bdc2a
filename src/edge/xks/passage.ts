/** One request on its way through the checks: what has been learned of it so far. */
import type { Clock } from '../../domain/ports/clock.ts';
import type { CallContext, CallTrace } from '../../domain/ports/hsm.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Meter } from '../../domain/ports/meter.ts';
import type { MappedKey } from '../../domain/xks/key-store.ts';
import type { SealedText } from '../../engine/xks/ciphertext-form.ts';
import type { EncryptInput } from '../../engine/xks/encrypt.ts';
import type { AdmittedKey, XksEngine } from '../../engine/xks/xks-engine.ts';
import type { SigningKeyCache } from '../../sigv4/signing-key-cache.ts';
import type { VerifiedCaller } from '../../sigv4/verify.ts';
import type { CappedLog } from '../http/capped-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { PrefixEntry, PrefixIndex } from './prefix-index.ts';
import type { ParsedMetadata } from './request-metadata.ts';
import type { XksRoute } from './route.ts';

export interface XksProxySettings {
  /** Cap on the request body, read before the signature can be checked. */
  readonly bodyBytes: number;
  /** From the last byte of the request until a token's answer is of no use. */
  readonly tokenDeadlineMs: number;
  /** From the last byte of the request until the caller has an answer, whatever it is. */
  readonly replyDeadlineMs: number;
  /** How many proxies stand behind the one address, for GetHealthStatus. */
  readonly fleetSize: number;
  readonly version: string;
}

/** What all requests share. */
export interface XksServices {
  readonly engine: XksEngine;
  readonly clock: Clock;
  readonly log: Log;
  /** For requests that nobody has authenticated. */
  readonly cappedLog: CappedLog;
  readonly meter: Meter;
  readonly settings: XksProxySettings;
  readonly signingKeys: SigningKeyCache;
  /** The prefixes of the configuration in force now. */
  readonly prefixes: () => PrefixIndex;
}

/**
 * Each check may rely on what the checks before it have set. Code that runs at an unknown point (the log,
 * the watchdog) reads through `Partial<Passage>`.
 */
export class Passage {
  readonly services: XksServices;
  readonly exchange: Exchange;
  /** Name of the check under way. */
  stage = '';
  /** An answer was given; whatever comes later is dropped. */
  finished = false;
  watchdog: NodeJS.Timeout | undefined = undefined;
  /** What the HSM layer notes of its part. */
  readonly trace: CallTrace = { queueMs: 0, tokenMs: 0, host: undefined };
  /** When the answer was given. */
  endedMs = 0;

  route!: XksRoute;
  entry!: PrefixEntry;
  body!: Uint8Array;
  context!: CallContext;
  caller!: VerifiedCaller;
  metadata!: ParsedMetadata;
  encryptInput!: EncryptInput;
  decryptInput!: SealedText;
  mapped!: MappedKey;
  key!: AdmittedKey;
  /** Body of the successful answer. */
  replyBody!: string;

  constructor(services: XksServices, exchange: Exchange) {
    this.services = services;
    this.exchange = exchange;
  }
}
