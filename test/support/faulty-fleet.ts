/**
 * The HSM layer with real token host processes over a token that fails on demand, and callers of it. After the
 * first sign of health it measures no more by itself while all is well, so that an order strikes the test's own
 * calls.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { KeyDescription, Sealed, TokenHealth } from '../../src/domain/ports/hsm.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import type { HostStatus } from '../../src/hsm/fleet.ts';
import { type FaultyModule, faultyModule } from './faulty-module.ts';
import { importKeys } from './import-key.ts';
import { until } from './running-proxy.ts';
import { schemeKey } from './scheme-keys.ts';
import { type FleetTweaks, openTestFleet, realClock, type TestFleet } from './test-fleet.ts';
import { testRunEnvironment } from './test-run-environment.ts';
import { createTestToken, type TestToken } from './token.ts';

/** Keys `foo` and `health` of one scheme exist. Orders may be given before {@link FaultyFleet.start}. */
export async function faultyFleet(scheme: AeadScheme = 'native-gcm'): Promise<FaultyFleet> {
  const token = await createTestToken();
  const keys = [
    { label: 'foo', idHex: '0a01' },
    { label: 'health', idHex: '0aff' },
  ].map((name) => schemeKey(scheme, name));
  await importKeys(token, keys);
  return new FaultyFleet(token, await faultyModule(token), scheme);
}

export class FaultyFleet implements AsyncDisposable {
  readonly token: TestToken;
  readonly module: FaultyModule;
  readonly plaintext = randomBytes(40);
  readonly #scheme: AeadScheme;
  #started: TestFleet | undefined;

  constructor(token: TestToken, module: FaultyModule, scheme: AeadScheme) {
    this.token = token;
    this.module = module;
    this.#scheme = scheme;
  }

  /** Starts the hosts without waiting for them. */
  start({ token, ...tweaks }: FleetTweaks = {}): void {
    const { path, env } = this.module;
    this.#started = openTestFleet(this.token, {
      healthEveryMs: 3_600_000,
      ...tweaks,
      token: {
        module: path,
        env: { ...env, ...testRunEnvironment() },
        profile: { ...softhsm2, longestRestartMs: 50 },
        healthKey: { label: 'health', scheme: this.#scheme },
        ...token,
      },
    });
  }

  /** Starts the hosts and waits until the token is healthy. */
  async startReady(tweaks: FleetTweaks = {}): Promise<void> {
    this.start(tweaks);
    await until(() => this.health.status === 'ACTIVE');
  }

  get lines(): TestFleet['lines'] {
    return this.#opened.lines;
  }

  get host(): HostStatus {
    return this.#opened.fleet.hosts()[0] as HostStatus;
  }

  get health(): TokenHealth {
    return this.#opened.fleet.health.health(['soft'])[0] as TokenHealth;
  }

  seal(admitted: KeyDescription | 'any object' = 'any object', { withinMs = 5_000 } = {}): Promise<Sealed> {
    const { plaintext } = this;
    return this.#opened.fleet.aead.seal(
      { ...this.#role, plaintext, aad: (metadata) => metadata, admitted },
      context(withinMs),
    );
  }

  async open(sealed: Sealed, admitted: KeyDescription | 'any object' = 'any object'): Promise<Buffer> {
    const request = { ...this.#role, admitted, ...sealed, aad: sealed.metadata };
    return Buffer.from(await this.#opened.fleet.aead.open(request, context()));
  }

  /** Asks the token itself, unless the last answer is younger than five seconds. */
  describe(): Promise<KeyDescription> {
    return this.#opened.fleet.describe(FOO, context());
  }

  /** Ends the host; resolves when nobody is served any more. Only a host that is ready surely has the process id it names. */
  async killHost(): Promise<void> {
    await until(() => this.host.phase === 'ready');
    process.kill(this.host.pid as number, 'SIGKILL');
    await until(() => this.host.phase !== 'ready');
  }

  /** Asks the token whether it has a key that nobody has asked for before. */
  describeUnknown(): Promise<KeyDescription> {
    const label = randomBytes(8).toString('hex');
    return this.#opened.fleet.describe({ token: 'soft', selector: { label } }, context());
  }

  /** Encrypts, decrypts, and has the plaintext. */
  async works(): Promise<boolean> {
    try {
      return (await this.open(await this.seal())).equals(this.plaintext);
    } catch {
      return false;
    }
  }

  /** A PIN attempt that nobody answered has rested long enough to be repeated. */
  restAttempts(): void {
    for (const file of this.#attempts()) {
      const record = JSON.parse(readFileSync(file, 'utf8')) as object;
      const draft = `${file}.rested`;
      writeFileSync(draft, JSON.stringify({ ...record, at: '2020-01-01T00:00:00.000Z' }), { mode: 0o600 });
      renameSync(draft, file);
    }
  }

  /** As an operator does it after putting things right. */
  forgetAttempts(): void {
    for (const file of this.#attempts()) rmSync(file);
  }

  async stop(): Promise<void> {
    await this.#started?.fleet[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.token[Symbol.asyncDispose]();
  }

  #attempts(): string[] {
    const directory = join(this.token.paths.directory, 'state', 'pin-latch');
    const names = existsSync(directory) ? readdirSync(directory) : [];
    return names.filter((name) => name.endsWith('.json')).map((name) => join(directory, name));
  }

  get #role() {
    return { key: FOO, scheme: this.#scheme, generation: 0, keyName: 'foo' };
  }

  get #opened(): TestFleet {
    if (this.#started === undefined) throw new Error('the fleet has not been started');
    return this.#started;
  }
}

function context(withinMs = 5_000) {
  return { tenant: 1, deadlineMs: realClock.monotonicMs() + withinMs };
}

const FOO = { token: 'soft', selector: { label: 'foo' } };
