/**
 * Key management on a token, through a token host of its own that lives as long as the work takes: what
 * the set-up and the command line use. Nothing here runs while requests are served.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeySelector } from '../domain/hsm/key-selector.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { KeyDescription, KeyRole } from '../domain/ports/hsm.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Secret } from '../domain/secret.ts';
import { RandomPool } from './aead/random-pool.ts';
import { SchemeAead } from './aead/scheme-aead.ts';
import type { FeatureFinding } from './devices/features.ts';
import type { DeviceProfile } from './devices/profile.ts';
import type { NewKeyRequest, OpenedToken } from './devices/token-shapes.ts';
import { DOMAIN_KEY_ROLES, deriveDomainKeys } from './material/domain-secret.ts';
import { HostLink } from './supervisor/host-link.ts';
import { spawnTokenHost } from './supervisor/host-process.ts';
import { latchedLogin, refuseMalformed } from './supervisor/latched-login.ts';
import { PinLatch } from './supervisor/pin-latch.ts';
import { encodeDomainKeys } from './wire/material-messages.ts';
import { decodeJson, encodeJson, type OpenMessage } from './wire/messages.ts';

export interface TokenAdminOptions {
  readonly profile: DeviceProfile;
  readonly module: string;
  readonly libraryParameters?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the PIN latch is kept: the same directory as the proxy's, or its memory is worth nothing. */
  readonly stateDir: string;
}

/** At least one of the two; both must match. */
export interface WantedToken {
  readonly label?: string;
  readonly serial?: string;
}

/** Starts the host and loads the module. Faults: `unavailable`, with the reason. */
export async function openTokenAdmin(options: TokenAdminOptions): Promise<TokenAdmin> {
  const process = spawnTokenHost({ env: options.env, token: 'administration', niceness: 0, log: SILENT });
  const greeted = Promise.withResolvers<void>();
  const fail = (reason: string): void =>
    greeted.reject(new HsmFault('unavailable', `the token host ended: ${reason}`));
  const link: HostLink = new HostLink({
    pid: process.pid,
    socket: process.socket,
    profile: options.profile,
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    maxQueue: 16,
    events: {
      onGreeting: () => greeted.resolve(),
      onClosed: (reason) => link.lose(reason),
      onLost: fail,
      onUnfit: (reason) => link.lose(reason),
    },
  });
  void process.exited.then(({ how }) => link.lose(`it ${how}`));
  const silence = setTimeout(() => link.lose(`no greeting within ${GREETING_MS} ms`), GREETING_MS);
  const admin = new TokenAdmin(options, link, async () => {
    link.lose('done');
    const force = setTimeout(() => process.kill(), EXIT_GRACE_MS);
    await process.exited;
    clearTimeout(force);
  });
  try {
    await greeted.promise;
    await admin.loadModule();
    return admin;
  } catch (error) {
    await admin[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(silence);
  }
}

export class TokenAdmin implements AsyncDisposable {
  readonly #options: TokenAdminOptions;
  readonly #link: HostLink;
  readonly #end: () => Promise<void>;

  constructor(options: TokenAdminOptions, link: HostLink, end: () => Promise<void>) {
    this.#options = options;
    this.#link = link;
    this.#end = end;
  }

  async loadModule(): Promise<void> {
    await this.#open(undefined);
  }

  /**
   * Initialises the module's first blank token and sets its PINs. Faults: `full` when no token is blank,
   * `pin-locked` for a PIN with which nobody could log in afterwards.
   */
  async initToken(token: { label: string; soPin: Secret; pin: Secret }): Promise<{ serial: string }> {
    refuseMalformed(this.#options.profile, token.pin);
    const body = encodeJson({ label: token.label, soPin: token.soPin.reveal(), pin: token.pin.reveal() });
    try {
      return decodeJson<{ serial: string }>(await this.#link.call('initToken', body));
    } finally {
      body.fill(0);
    }
  }

  /** Finds the token and logs in, under the PIN latch. */
  async login({ token, pin }: { token: WantedToken; pin: Secret }): Promise<OpenedToken> {
    const info = await this.#open(token);
    const { profile, stateDir } = this.#options;
    const latch = new PinLatch(stateDir);
    await latchedLogin({ link: this.#link, token: info, profile, pin, latch });
    await this.#link.call('prepare', encodeJson({}));
    return info;
  }

  /** Generates a key that fits its scheme and never leaves the token. */
  async generateKey(key: NewKeyRequest): Promise<void> {
    await this.#link.call('generateKey', encodeJson(key));
  }

  /** Generates the three keys of a domain's generation. Fault `ambiguous` when the label is taken. */
  async makeDomainKeys(label: string): Promise<void> {
    await this.#link.call('makeDomainKeys', encodeJson({ label }));
  }

  /** Takes in the three keys that follow from a secret of 32 bytes. Fault `ambiguous` when the label is taken. */
  async importDomainKeys(label: string, secret: Uint8Array): Promise<void> {
    const keys = deriveDomainKeys(secret);
    const values = Buffer.concat(DOMAIN_KEY_ROLES.map((role) => keys[role]));
    const body = encodeDomainKeys({ label, values });
    try {
      await this.#link.call('importDomainKeys', body);
    } finally {
      for (const bytes of [...Object.values(keys), values, body]) bytes.fill(0);
    }
  }

  /** Destroys whatever of the three keys there is: what they wrapped is lost for good. */
  async destroyDomainKeys(label: string): Promise<number> {
    const answer = await this.#link.call('destroyDomainKeys', encodeJson({ label }));
    return decodeJson<{ destroyed: number }>(answer).destroyed;
  }

  /** Whether the keys are there and fit. Faults: `not-found`, `ambiguous`, `usage`. */
  async openDomainKeys(label: string): Promise<void> {
    await this.#link.call('vaultOpen', encodeJson({ label }));
  }

  /** What the token can do, tried where its device allows it; it keeps nothing of that. */
  async probe(): Promise<FeatureFinding[]> {
    return decodeJson<FeatureFinding[]>(await this.#link.call('probe', encodeJson({})));
  }

  async listKeys(): Promise<KeyDescription[]> {
    const keys: KeyDescription[] = [];
    for (;;) {
      const page = decodeJson<KeyDescription[]>(
        await this.#link.call('listKeys', encodeJson({ offset: keys.length })),
      );
      if (page.length === 0) return keys;
      keys.push(...page);
    }
  }

  /** Locates one key as the proxy does. Faults: `not-found`, `ambiguous`, … */
  async describe(selector: KeySelector): Promise<KeyDescription> {
    return decodeJson<KeyDescription>(await this.#link.call('describe', encodeJson(selector)));
  }

  /**
   * Encrypts a random text in the key's scheme and decrypts it again. Fault `internal` when that gives another
   * text. The one encryption is not counted: it is one in 2^32.
   */
  async tryKey(role: KeyRole): Promise<void> {
    const aead = new SchemeAead(
      (_key, operation, body, { deadlineMs }) => this.#link.call(operation, body, { deadlineMs }),
      new RandomPool(),
    );
    const context = { tenant: 0, deadlineMs: performance.now() + TRY_MS };
    const plaintext = randomBytes(32);
    const sealed = await aead.seal({ ...role, plaintext, aad: (metadata) => metadata }, context);
    const opened = await aead.open({ ...role, ...sealed, aad: sealed.metadata }, context);
    if (!timingSafeEqual(opened, plaintext)) {
      throw new HsmFault('internal', 'the key did not decrypt what it had encrypted');
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #open(token: OpenMessage['token']): Promise<OpenedToken> {
    const { module, libraryParameters, profile } = this.#options;
    const message: OpenMessage = {
      module,
      profile,
      ...(token !== undefined && { token }),
      ...(libraryParameters !== undefined && { libraryParameters }),
    };
    return decodeJson<OpenedToken>(await this.#link.call('open', encodeJson(message)));
  }
}

const TRY_MS = 10_000;
const GREETING_MS = 10_000;
const EXIT_GRACE_MS = 2_000;
const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
