/**
 * A KMS engine for the tests of other programs: in the test's own process, on a port of its own, with key material in
 * memory, gone when it is disposed of. In the published package it is `portcullis/testing`.
 */
import { randomBytes } from 'node:crypto';
import type { SeedDocument } from './config/schema/seed-schema.ts';
import { Bug } from './domain/bug.ts';
import type { SeedKey } from './domain/key/seed-key.ts';
import type { Clock } from './domain/ports/clock.ts';
import type { Entropy } from './domain/ports/entropy.ts';
import type { Log } from './domain/ports/log.ts';
import { Secret } from './domain/secret.ts';
import { DEFAULT_HTTP_LIMITS } from './edge/http/http-limits.ts';
import { listen } from './edge/http/listener.ts';
import { SoftwareVault } from './hsm/software/software-vault.ts';
import { KmsFace } from './main-kms.ts';
import { MemoryStore } from './store/memory-store.ts';

export interface TestKmsOptions {
  /** Twelve digits: the account of {@link TestKms.credentials}. */
  readonly account?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** Keys that it is to have, also after each reset: the path of a seed file, or what one would say. */
  readonly seed?: string | SeedDocument;
}

/** A running engine. */
export interface TestKms extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, for the `endpoint` of an AWS client. */
  readonly endpoint: string;
  /** For the `credentials` of an AWS client; other access keys are taken without a look at their signature. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Lets time pass: deletions and rotations that fall due are done when it resolves. */
  advance(time: {
    readonly days?: number;
    readonly hours?: number;
    readonly seconds?: number;
  }): Promise<void>;
  /** Removes every key, alias and policy. */
  reset(): Promise<void>;
}

/** Starts in well under a second. Needs neither a PKCS#11 module nor a file. Rejects with a ConfigFault when its seed is wrong. */
export async function startKmsForTests({
  account = '111122223333',
  port = 0,
  seed,
}: TestKmsOptions = {}): Promise<TestKms> {
  const credentials = {
    accessKeyId: 'AKIAPORTCULLISTEST',
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  const caller = {
    account,
    principalArn: `arn:aws:iam::${account}:root`,
    userId: account,
    accessKeyId: credentials.accessKeyId,
  };
  const known = {
    accessKeyId: credentials.accessKeyId,
    secret: new Secret(credentials.secretAccessKey),
    caller,
  };
  const face = await KmsFace.start({
    config: {
      access: { mode: 'open', credentials: [known] },
      allowClockControl: true,
      seed: seed === undefined ? [] : await seedKeys(seed),
      limits: { keys: 100_000, aliasesPerKey: 50, onDemandRotations: 25 },
    },
    store: new MemoryStore(),
    vault: new SoftwareVault({ entropy: ENTROPY }),
    clock: CLOCK,
    entropy: ENTROPY,
    log: SILENT,
    meter: { kmsRequest: say },
  });
  const listener = await listen({
    name: 'kms',
    at: { host: '127.0.0.1', port },
    limits: DEFAULT_HTTP_LIMITS,
    handler: face.handler,
    refusals: face.refusals,
    bare: true,
    clock: CLOCK,
    log: SILENT,
  });
  return {
    endpoint: listener.address,
    credentials,
    advance: async ({ days = 0, hours = 0, seconds = 0 }) => {
      const { problems } = await face.advanceClock(((days * 24 + hours) * 3_600 + seconds) * 1_000);
      if (problems.length > 0) throw new Bug(`time cannot pass like that: ${problems.join('; ')}`);
    },
    reset: async () => {
      await face.reset();
    },
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      await face[Symbol.asyncDispose]();
    },
  };
}

/** What reads seeds is loaded for those who have one. */
async function seedKeys(seed: string | SeedDocument): Promise<readonly SeedKey[]> {
  const { loadSeed } = await import('./config/read-seed.ts');
  return loadSeed(seed);
}

const CLOCK: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const ENTROPY: Entropy = { randomBytes: (length) => new Uint8Array(randomBytes(length)) };
const say = (): void => undefined;
const SILENT: Log = { debug: say, info: say, warn: say, error: say };
