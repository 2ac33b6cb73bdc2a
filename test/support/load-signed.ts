/**
 * Load from clients that sign as AWS KMS does and believe nothing: whoever holds the key can check every
 * ciphertext without the proxy, so each answer is either right, a named error, or wrong.
 */
import { createDecipheriv } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CREDENTIAL, PREFIX } from './proxy-config.ts';
import { type Answer, decryptBody, encryptBody, metadata, post } from './running-proxy.ts';
import { SeededRandom } from './seeded-random.ts';

export type SignedLoadOptions = LoadBasics &
  (
    | {
        /** The AES-256 key behind the key `foo` of the configuration that {@link proxyConfig} writes. */
        readonly keyValue: Uint8Array;
      }
    | {
        /** How the next request goes: asked before each, so that the clients can be told to switch. */
        readonly way: () => LoadWay;
      }
  );

interface LoadBasics {
  readonly authority: string;
  readonly seed: number;
  readonly workers?: number;
  /** Keeps the connections, and is left alone at the end; one for plain HTTP unless given. */
  readonly agent?: http.Agent;
}

export interface LoadWay {
  readonly prefix: string;
  readonly credential: typeof CREDENTIAL;
  readonly externalKeyId: string;
  /** The AES-256 key behind it. */
  readonly keyValue: Uint8Array;
}

export class SignedLoad {
  sent = 0;
  ok = 0;
  maxReplyMs = 0;
  /** `503 DependencyTimeoutException`, or `no answer: ECONNRESET`, to how often. */
  readonly errors = new Map<string, number>();
  /** Answers that contradict what the key says: there must be none. */
  readonly wrong: string[] = [];
  readonly #options: SignedLoadOptions;
  readonly #way: () => LoadWay;
  readonly #agent: http.Agent;
  readonly #kept: Sealed[] = [];
  readonly #ivs = new Set<string>();
  readonly #running: Promise<void>[];
  /** Requests that each worker has begun. */
  readonly #begun: number[];
  #stopped = false;
  #lastServedStartMs = 0;

  /** Begins at once. */
  constructor(options: SignedLoadOptions) {
    this.#options = options;
    this.#way = 'way' in options ? options.way : () => ({ ...USUAL_WAY, keyValue: options.keyValue });
    const { workers = LOAD_WORKERS, seed } = options;
    this.#agent = options.agent ?? new http.Agent({ keepAlive: true, maxSockets: 64 });
    this.#begun = Array.from({ length: workers }, () => 0);
    this.#running = this.#begun.map((_, number) => this.#work(number, new SeededRandom(seed + number)));
  }

  /** How long from now until a request for the token that begins after now is served; at most ten seconds. */
  async servedAgain(): Promise<number> {
    const fromMs = performance.now();
    while (this.#lastServedStartMs < fromMs && performance.now() - fromMs < 10_000) await sleep(5);
    return performance.now() - fromMs;
  }

  /** Resolves when there were that many right answers, or when the patience is over. */
  async served(count: number, patienceMs: number): Promise<void> {
    const endMs = performance.now() + patienceMs;
    while (this.ok < count && performance.now() < endMs) await sleep(20);
  }

  /** Resolves when every request that is under way now has been answered. */
  async settled(): Promise<void> {
    const before = [...this.#begun];
    while (!this.#stopped && this.#begun.some((count, number) => count <= (before[number] ?? 0)))
      await sleep(5);
  }

  /** Ends the load, and then decrypts every ciphertext that was kept: none may be lost. */
  async stop({ verifyKept = true } = {}): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    for (const sealed of verifyKept ? this.#kept : []) {
      const way = { ...this.#way(), externalKeyId: sealed.externalKeyId };
      const answer = await this.#post(way, 'decrypt', decryptBody(sealed.answer, sealed.more));
      if (answer.body['plaintext'] !== sealed.plaintext) this.wrong.push(`kept ciphertext: ${answer.text}`);
    }
    if (this.#options.agent === undefined) this.#agent.destroy();
  }

  async #work(number: number, random: SeededRandom): Promise<void> {
    while (!this.#stopped) {
      this.sent += 1;
      this.#begun[number] = (this.#begun[number] ?? 0) + 1;
      const startMs = performance.now();
      const error = await this.#ask(random).catch(({ code }: NodeJS.ErrnoException) => `no answer: ${code}`);
      this.maxReplyMs = Math.max(this.maxReplyMs, performance.now() - startMs);
      if (error === '') this.ok += 1;
      else this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
      if (error !== '') await sleep(PAUSE_AFTER_ERROR_MS);
    }
  }

  /** Resolves to the empty string for a right answer, and to the name of the error otherwise. */
  #ask(random: SeededRandom): Promise<string> {
    const way = this.#way();
    const any = this.#kept[random.integer(Math.max(this.#kept.length, 1))];
    const kept = any?.externalKeyId === way.externalKeyId ? any : undefined;
    const choice = random.next();
    if (choice < 0.05) return this.#askMetadata(way);
    if (choice < 0.1) return this.#askHealth(way);
    if (choice < 0.5 || kept === undefined) return this.#encrypt(way, random);
    return choice < 0.9 ? this.#decrypt(way, kept) : this.#decryptDamaged(way, kept, random);
  }

  async #askMetadata(way: LoadWay): Promise<string> {
    const answer = await this.#post(way, 'metadata', { requestMetadata: metadata('DescribeKey') });
    return this.#judge(
      answer,
      answer.body['keySpec'] === 'AES_256' && answer.body['keyStatus'] === 'ENABLED',
    );
  }

  async #askHealth({ prefix, credential }: LoadWay): Promise<string> {
    const path = `${prefix}/kms/xks/v1/health`;
    const body = { requestMetadata: metadata('KmsHealthCheck') };
    const answer = await post(this.#options.authority, path, body, { credential, agent: this.#agent });
    return this.#judge(answer, Array.isArray(answer.body['ekmFleetDetails']));
  }

  async #encrypt(way: LoadWay, random: SeededRandom): Promise<string> {
    const startMs = performance.now();
    const plaintext = random.bytes(1 + random.integer(200));
    const aad = random.bytes(random.integer(32));
    const more = { additionalAuthenticatedData: aad.toString('base64') };
    const answer = await this.#post(way, 'encrypt', encryptBody(plaintext, more));
    if (answer.status !== 200) return nameOf(answer);
    const iv = String(answer.body['initializationVector']);
    const fresh = !this.#ivs.has(iv);
    this.#ivs.add(iv);
    const right = fresh && openLocally(way.keyValue, answer.body, aad)?.equals(plaintext) === true;
    if (right) {
      this.#lastServedStartMs = Math.max(this.#lastServedStartMs, startMs);
      const { externalKeyId } = way;
      this.#keep(
        { externalKeyId, answer: answer.body, more, plaintext: plaintext.toString('base64') },
        random,
      );
    }
    return this.#judge(answer, right);
  }

  async #decrypt(way: LoadWay, kept: Sealed): Promise<string> {
    const startMs = performance.now();
    const answer = await this.#post(way, 'decrypt', decryptBody(kept.answer, kept.more));
    if (answer.status === 200) this.#lastServedStartMs = Math.max(this.#lastServedStartMs, startMs);
    return this.#judge(answer, answer.body['plaintext'] === kept.plaintext);
  }

  /** InvalidCiphertextException is the right answer, and a plaintext the worst one. */
  async #decryptDamaged(way: LoadWay, kept: Sealed, random: SeededRandom): Promise<string> {
    const field = random.pick(['ciphertext', 'authenticationTag', 'initializationVector']);
    const bytes = Buffer.from(String(kept.answer[field]), 'base64');
    const at = random.integer(bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.integer(8)), at);
    const damaged = { ...kept.answer, [field]: bytes.toString('base64') };
    const answer = await this.#post(way, 'decrypt', decryptBody(damaged, kept.more));
    if (nameOf(answer) === '400 InvalidCiphertextException') return '';
    return this.#judge(answer, false);
  }

  #post({ prefix, credential, externalKeyId }: LoadWay, operation: string, body: unknown): Promise<Answer> {
    const path = `${prefix}/kms/xks/v1/keys/${externalKeyId}/${operation}`;
    return post(this.#options.authority, path, body, { credential, agent: this.#agent });
  }

  #judge(answer: Answer, right: boolean): string {
    if (answer.status !== 200) return nameOf(answer);
    if (right) return '';
    this.wrong.push(answer.text.slice(0, 200));
    return '200 with a wrong body';
  }

  #keep(sealed: Sealed, random: SeededRandom): void {
    if (this.#kept.length < KEPT) this.#kept.push(sealed);
    else this.#kept[random.integer(KEPT)] = sealed;
  }
}

interface Sealed {
  readonly externalKeyId: string;
  readonly answer: Record<string, unknown>;
  readonly more: Record<string, unknown>;
  readonly plaintext: string;
}

/** Requests under way at any time, unless told otherwise. */
export const LOAD_WORKERS = 12;

/** What a ciphertext of native GCM in `spec` mode holds; undefined when it does not authenticate. */
function openLocally(key: Uint8Array, answer: Record<string, unknown>, aad: Uint8Array): Buffer | undefined {
  const bytes = (name: string): Buffer => Buffer.from(String(answer[name] ?? ''), 'base64');
  const meta = bytes('ciphertextMetadata');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes('initializationVector'), { authTagLength: 16 });
  decipher.setAAD(
    Buffer.concat([Buffer.of(aad.length >> 8, aad.length & 0xff), aad, Buffer.of(meta.length), meta]),
  );
  decipher.setAuthTag(bytes('authenticationTag'));
  try {
    return Buffer.concat([decipher.update(bytes('ciphertext')), decipher.final()]);
  } catch {
    return undefined;
  }
}

function nameOf({ status, body }: Answer): string {
  return `${status} ${body['errorName']}`;
}

/** A client that is refused waits a little, or the load would only count refusals. */
const PAUSE_AFTER_ERROR_MS = 20;
const KEPT = 200;
const USUAL_WAY = { prefix: PREFIX, credential: CREDENTIAL, externalKeyId: 'foo' };
