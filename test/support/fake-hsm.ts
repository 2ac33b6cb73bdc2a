/**
 * The HSM ports in memory, over node:crypto, so that engine and edge can be tested without a token and every
 * fault of one can be had on demand. It keeps the contract of the ports, until a hook makes it break it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isDerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { type KeySelector, selectorText } from '../../src/domain/hsm/key-selector.ts';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import type {
  Aead,
  CallContext,
  HealthMonitor,
  KeyDescription,
  KeyDirectory,
  KeyRole,
  OpenRequest,
  Sealed,
  SealRequest,
  TokenHealth,
  TokenKey,
} from '../../src/domain/ports/hsm.ts';
import { type CiphertextOrigin, encodeCiphertextMetadata } from '../../src/domain/xks/ciphertext-metadata.ts';
import { deriveInModel } from './aead-model.ts';

export type FakeOperation = 'describe' | 'seal' | 'open';

/** One question that reached the fake. */
export interface FakeCall {
  readonly operation: FakeOperation;
  readonly key: TokenKey;
  readonly context: CallContext;
}

export class FakeHsm implements Aead, KeyDirectory, HealthMonitor {
  /** Every question, in order. */
  readonly calls: FakeCall[] = [];
  /** Runs before an operation; may throw a fault, or return a promise that delays or never settles. */
  before: (call: FakeCall) => void | Promise<void> = () => undefined;
  /** Changes what seal returns. */
  alterSealed: (sealed: Sealed) => Sealed = (sealed) => sealed;
  /** Changes what open returns. */
  alterOpened: (plaintext: Uint8Array) => Uint8Array = (plaintext) => plaintext;
  /** The IV of the next seal. */
  nextIv: () => Uint8Array = () => randomBytes(12);
  readonly #objects: {
    readonly token: string;
    readonly value: Uint8Array;
    readonly description: KeyDescription;
  }[] = [];
  readonly #health = new Map<string, TokenHealth>();

  /** Puts a key object on a token: AES-256, usable both ways, not extractable, unless told otherwise. */
  addKey(
    token: string,
    label: string,
    options: Partial<KeyDescription> & { value?: Uint8Array } = {},
  ): KeyDescription {
    const { value = randomBytes(32), ...overrides } = options;
    const description: KeyDescription = {
      keyType: 'AES',
      bits: 256,
      canEncrypt: true,
      canDecrypt: true,
      canSign: false,
      canVerify: false,
      canWrap: false,
      canUnwrap: false,
      canDerive: false,
      extractable: false,
      sensitive: true,
      kcvHex: '0a0b0c',
      label,
      idHex: Buffer.from(label).toString('hex'),
      tokenSerial: `serial-of-${token}`,
      ...overrides,
    };
    this.#objects.push({ token, value, description });
    return description;
  }

  /** From now on these questions fail: of one operation, about one token, or with one selector. */
  failOn(
    which: { readonly operation?: FakeOperation; readonly token?: string; readonly key?: TokenKey },
    fault: unknown,
  ): void {
    this.before = ({ operation, key }) => {
      const meant =
        (which.operation ?? operation) === operation &&
        (which.token ?? key.token) === key.token &&
        (which.key ?? key) === key;
      if (meant) throw fault;
    };
  }

  setHealth(health: Partial<TokenHealth> & { readonly token: string }): void {
    const healthy = { vendor: 'Acme', model: 'Acme HSM 1.0', status: 'ACTIVE', reason: '' } as const;
    this.#health.set(health.token, { ...healthy, ...health });
  }

  /** How often an operation reached the fake. */
  count(operation: FakeOperation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  /** Keys that were asked for anew. */
  readonly refreshed: TokenKey[] = [];

  refresh(key: TokenKey): boolean {
    this.refreshed.push(key);
    return true;
  }

  async describe(key: TokenKey, context: CallContext): Promise<KeyDescription> {
    await this.#enter({ operation: 'describe', key, context });
    return this.#find(key).description;
  }

  async seal(request: SealRequest, context: CallContext): Promise<Sealed> {
    await this.#enter({ operation: 'seal', key: request.key, context });
    const { scheme, generation } = request;
    const origin: CiphertextOrigin = isDerivedScheme(scheme)
      ? { scheme, generation, nonce: randomBytes(16) }
      : { scheme, generation };
    const metadata = encodeCiphertextMetadata(origin);
    const iv = this.nextIv();
    const cipher = createCipheriv('aes-256-gcm', this.#messageKey(request, metadata, iv), iv, {
      authTagLength: 16,
    });
    cipher.setAAD(request.aad(metadata));
    const ciphertext = Buffer.concat([cipher.update(request.plaintext), cipher.final()]);
    return this.alterSealed({ ciphertext, iv, tag: cipher.getAuthTag(), metadata });
  }

  async open(request: OpenRequest, context: CallContext): Promise<Uint8Array> {
    await this.#enter({ operation: 'open', key: request.key, context });
    const { metadata, iv } = request;
    const decipher = createDecipheriv('aes-256-gcm', this.#messageKey(request, metadata, iv), iv, {
      authTagLength: 16,
    });
    decipher.setAAD(request.aad);
    decipher.setAuthTag(request.tag);
    const plaintext = decipher.update(request.ciphertext);
    try {
      return this.alterOpened(Buffer.concat([plaintext, decipher.final()]));
    } catch {
      throw new HsmFault('corrupt', 'the tag does not match');
    }
  }

  health(tokens: readonly string[]): TokenHealth[] {
    return tokens.map(
      (token) =>
        this.#health.get(token) ?? {
          token,
          vendor: 'Acme',
          model: 'Acme HSM 1.0',
          status: 'UNAVAILABLE',
          reason: 'never measured',
        },
    );
  }

  /** The object's own value, or what the software model derives from it. */
  #messageKey(role: KeyRole, metadata: Uint8Array, iv: Uint8Array): Uint8Array {
    const { value: key } = this.#find(role.key);
    const { scheme, generation, keyName: externalKeyId } = role;
    if (!isDerivedScheme(scheme)) return key;
    const nonce = metadata.subarray(4);
    return deriveInModel({ scheme, key, externalKeyId, generation, nonce, iv }).messageKey;
  }

  async #enter(call: FakeCall): Promise<void> {
    this.calls.push(call);
    await this.before(call);
    const { trace } = call.context;
    if (trace === undefined) return;
    trace.host = FAKE_HOST;
    trace.tokenMs += 2;
    trace.queueMs += 1;
  }

  #find(key: TokenKey) {
    const matching = this.#objects.filter(
      ({ token, description }) => token === key.token && selects(key.selector, description),
    );
    const [object, second] = matching;
    if (object === undefined)
      throw new HsmFault('not-found', `no key ${selectorText(key.selector)} on ${key.token}`);
    if (second !== undefined) {
      throw new HsmFault(
        'ambiguous',
        `${matching.length} keys match ${selectorText(key.selector)} on ${key.token}`,
      );
    }
    return object;
  }
}

function selects({ label, idHex }: KeySelector, description: KeyDescription): boolean {
  return (
    (label ?? description.label) === description.label && (idHex ?? description.idHex) === description.idHex
  );
}

/** The process id that traces show. */
const FAKE_HOST = 4711;
