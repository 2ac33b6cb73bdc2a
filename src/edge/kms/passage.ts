/** One request on its way to its answer: what has been learned of it so far. */
import type { Clock } from '../../domain/ports/clock.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import type { CallTrace } from '../../domain/ports/hsm.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Meter } from '../../domain/ports/meter.ts';
import { randomUuid } from '../../domain/uuid.ts';
import type { KmsEngine } from '../../engine/kms/kms-engine.ts';
import type { SigningKeyCache } from '../../sigv4/signing-key-cache.ts';
import type { CappedLog } from '../http/capped-log.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Authenticated } from './authenticate.ts';
import type { KmsCredentials } from './credential.ts';

export interface KmsEndpointSettings {
  /** Cap on the request body, read before the signature can be checked; Base64 makes an attestation document 350 KB. */
  readonly bodyBytes: number;
  /** From the last byte of the request until an answer of the engine is of no use. */
  readonly engineDeadlineMs: number;
  /** From the last byte of the request until the caller has an answer, whatever it is. */
  readonly replyDeadlineMs: number;
  /** How much longer both are for operations that may make an RSA key, which takes seconds and at times many. */
  readonly keyMakingMs: number;
  readonly regions: readonly string[] | 'any';
  /** Unknown access keys are taken without a check of their signature: for demonstrations and tests. */
  readonly dangerOpen: boolean;
}

/** What all requests share. */
export interface KmsEdgeServices {
  readonly engine: KmsEngine;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: Pick<Meter, 'kmsRequest'>;
  /** For requests that nobody has authenticated. */
  readonly cappedLog: CappedLog;
  /** Asked for each request, so that a changed credential counts at once. */
  readonly credentials: () => KmsCredentials;
  readonly settings: KmsEndpointSettings;
  readonly signingKeys: SigningKeyCache;
}

export class Passage {
  readonly services: KmsEdgeServices;
  readonly exchange: Exchange;
  readonly requestId: string;
  /** What is under way. */
  stage: 'head' | 'body' | 'authentication' | 'validation' | 'engine' | 'answer' = 'head';
  service: 'kms' | 'sts' = 'kms';
  operation: string | undefined = undefined;
  authenticated: Authenticated | undefined = undefined;
  /** The key as the caller names it, later as the answer does. */
  keyId: string | undefined = undefined;
  /** What the HSM layer notes of its part. */
  readonly trace: CallTrace = { queueMs: 0, tokenMs: 0, host: undefined };
  /** An answer was given; whatever comes later is dropped. */
  finished = false;
  watchdog: NodeJS.Timeout | undefined = undefined;
  /** When the answer was given. */
  endedMs = 0;

  constructor(services: KmsEdgeServices, exchange: Exchange) {
    this.services = services;
    this.exchange = exchange;
    this.requestId = randomUuid(services.entropy);
  }
}
