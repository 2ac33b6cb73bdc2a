/**
 * A proxy over the fake HSM, asked without a network: requests are signed by aws4, an implementation that
 * shares nothing with the one under test. One store at `/one` with one key `foo` on token `soft`.
 */
import aws4 from 'aws4';
import type { LogFields } from '../../../src/domain/ports/log.ts';
import type { KeyStore, MappedKey } from '../../../src/domain/xks/key-store.ts';
import {
  BodyTooLarge,
  type Exchange,
  type ExchangeHandler,
  type ReplyOptions,
} from '../../../src/edge/http/exchange.ts';
import type { XksProxySettings } from '../../../src/edge/xks/passage.ts';
import { createXksProxy } from '../../../src/edge/xks/xks-proxy.ts';
import { FakeHsm } from '../../support/fake-hsm.ts';
import { ACCESS_KEY_ID, keyStore, mappedKey, SECRET_ACCESS_KEY } from '../../unit/domain/xks/samples.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly options: ReplyOptions;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies freely
  readonly json: any;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  readonly accessKeyId?: string;
  readonly secret?: string;
  readonly region?: string;
  readonly service?: string;
  readonly unsigned?: boolean;
  readonly signedAtMs?: number;
  readonly failBody?: Error;
}

export interface RequestMeasure {
  readonly operation: string;
  readonly pathPrefix: string;
  readonly errorName: string;
  readonly seconds: number;
}

export class ProxyRig {
  readonly hsm = new FakeHsm();
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[] = [];
  readonly measures: RequestMeasure[] = [];
  stores: readonly KeyStore[];
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  monotonicMs = 1000;
  readonly handler: ExchangeHandler;

  constructor(stores: readonly KeyStore[], settings: Partial<XksProxySettings> = {}) {
    this.stores = stores;
    const record =
      (level: string) =>
      (event: string, fields: LogFields = {}) => {
        this.lines.push({ level, event, fields });
      };
    this.handler = createXksProxy({
      stores: () => this.stores,
      aead: this.hsm,
      directory: this.hsm,
      health: this.hsm,
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.monotonicMs },
      log: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
      meter: {
        request: (sample) => this.measures.push(sample),
        kmsRequest: () => undefined,
        tokenCall: () => undefined,
        hostStarted: () => undefined,
        keyInvocations: () => undefined,
        tokenStatus: () => undefined,
        configurationLoaded: () => undefined,
        configurationRefused: () => undefined,
      },
      settings: {
        bodyBytes: 65_536,
        tokenDeadlineMs: 150,
        replyDeadlineMs: 10_000,
        fleetSize: 2,
        version: '0.1.0',
        ...settings,
      },
    });
  }

  /** One request, answered. */
  async ask(ask: Ask = {}): Promise<Answer> {
    const exchange = new FakeExchange(this, ask);
    void this.handler(exchange);
    return exchange.answered;
  }

  /** What the client is told: `400 ValidationException: requestMetadata is required.` */
  async told(ask: Ask = {}): Promise<string> {
    const { status, json } = await this.ask(ask);
    return status === 200 ? '200' : `${status} ${json.errorName}: ${json.errorMessage}`;
  }

  /** Fields of the last line of an event. */
  lastLine(event = 'request'): LogFields {
    return this.lines.findLast((line) => line.event === event)?.fields ?? {};
  }
}

/** The usual rig; a test names only what differs. */
export function proxyRig(
  options: {
    store?: Partial<KeyStore>;
    key?: Partial<MappedKey>;
    object?: Parameters<FakeHsm['addKey']>[2];
    settings?: Partial<XksProxySettings>;
  } = {},
): ProxyRig {
  const rig = new ProxyRig([keyStore([mappedKey('foo', options.key)], options.store)], options.settings);
  rig.hsm.addKey('soft', 'foo', options.object);
  rig.hsm.setHealth({ token: 'soft' });
  return rig;
}

class FakeExchange implements Exchange {
  readonly method: string;
  readonly rawUrl: string;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress = '192.0.2.7';
  readonly tlsClientSubject: string | undefined = undefined;
  readonly startedMs: number;
  bodyEndMs: number | undefined = undefined;
  replied = false;
  readonly answered: Promise<Answer>;
  readonly #rig: ProxyRig;
  readonly #body: Uint8Array;
  readonly #failBody: Error | undefined;
  readonly #resolve: (answer: Answer) => void;

  constructor(rig: ProxyRig, ask: Ask) {
    this.#rig = rig;
    this.method = ask.method ?? 'POST';
    this.rawUrl = ask.path ?? '/one/kms/xks/v1/keys/foo/encrypt';
    this.#body = bodyBytes(ask.body ?? encryptBody());
    this.rawHeaders = ask.unsigned ? ['Host', HOST] : signedHeaders(rig, this, this.#body, ask);
    this.startedMs = rig.monotonicMs;
    this.#failBody = ask.failBody;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.answered = promise;
    this.#resolve = resolve;
  }

  async readBody(maxBytes: number): Promise<Uint8Array> {
    if (this.#failBody !== undefined) throw this.#failBody;
    if (this.#body.length > maxBytes) throw new BodyTooLarge(maxBytes);
    this.bodyEndMs = this.#rig.monotonicMs;
    return this.#body;
  }

  reply(status: number, body: string, options: ReplyOptions = {}): void {
    if (this.replied) return;
    this.replied = true;
    this.#resolve({ status, body, options, json: JSON.parse(body) });
  }
}

function bodyBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function signedHeaders(
  rig: ProxyRig,
  request: { readonly method: string; readonly rawUrl: string },
  body: Uint8Array,
  ask: Ask,
): string[] {
  const date = new Date(ask.signedAtMs ?? rig.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const signed = aws4.sign(
    {
      service: ask.service ?? 'kms-xks-proxy',
      region: ask.region ?? 'us-east-1',
      host: HOST,
      method: request.method,
      path: request.rawUrl,
      headers: { 'X-Amz-Date': date, 'Content-Type': 'application/json' },
      // aws4 hashes bytes as they are; its types know texts only.
      body: Buffer.from(body) as unknown as string,
    },
    { accessKeyId: ask.accessKeyId ?? ACCESS_KEY_ID, secretAccessKey: ask.secret ?? SECRET_ACCESS_KEY },
  );
  return Object.entries(signed.headers ?? {}).flatMap(([name, value]) => [name, String(value)]);
}

const HOST = 'xks.example.com';
export const METADATA = {
  awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
  kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k1',
  kmsOperation: 'Encrypt',
  kmsRequestId: 'request-1',
};
export const HEALTH_METADATA = { kmsOperation: 'KmsHealthCheck', kmsRequestId: 'request-2' };
/** `secret text`. */
export const PLAINTEXT = 'c2VjcmV0IHRleHQ=';
/** `project=nile`. */
export const AAD = 'cHJvamVjdD1uaWxl';

/** Fields set to undefined are left out of the JSON. */
export function encryptBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    requestMetadata: METADATA,
    plaintext: PLAINTEXT,
    encryptionAlgorithm: 'AES_GCM',
    additionalAuthenticatedData: AAD,
    ...overrides,
  };
}

/** Well formed, though nothing was ever encrypted to it. */
export function decryptBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    requestMetadata: { ...METADATA, kmsOperation: 'Decrypt' },
    ciphertext: PLAINTEXT,
    encryptionAlgorithm: 'AES_GCM',
    initializationVector: 'AAAAAAAAAAAAAAAA',
    authenticationTag: 'AAAAAAAAAAAAAAAAAAAAAA==',
    additionalAuthenticatedData: AAD,
    ...overrides,
  };
}

export function metadataBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { kmsKeyArn: _, ...metadata } = METADATA;
  return { requestMetadata: { ...metadata, kmsOperation: 'DescribeKey', ...overrides } };
}

export const ENCRYPT = '/one/kms/xks/v1/keys/foo/encrypt';
export const DECRYPT = '/one/kms/xks/v1/keys/foo/decrypt';
export const KEY_METADATA = '/one/kms/xks/v1/keys/foo/metadata';
export const HEALTH = '/one/kms/xks/v1/health';
