/**
 * The KMS endpoint over an engine that says what a test wants, asked without a network: requests are signed by aws4,
 * an implementation that shares nothing with the one under test.
 */
import aws4 from 'aws4';
import type { KmsOperationName, KmsOperations } from '../../../src/domain/kms/api/operations.ts';
import type { KmsCall } from '../../../src/domain/kms/caller.ts';
import type { LogFields } from '../../../src/domain/ports/log.ts';
import type { Meter } from '../../../src/domain/ports/meter.ts';
import { Secret } from '../../../src/domain/secret.ts';
import {
  BodyTooLarge,
  type Exchange,
  type ExchangeHandler,
  type ReplyOptions,
} from '../../../src/edge/http/exchange.ts';
import type { KmsCredential } from '../../../src/edge/kms/credential.ts';
import { createKmsEndpoint } from '../../../src/edge/kms/kms-endpoint.ts';
import type { KmsEndpointSettings } from '../../../src/edge/kms/passage.ts';
import type { KmsEngine } from '../../../src/engine/kms/kms-engine.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly options: ReplyOptions;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies freely
  readonly json: any;
}

export interface Ask {
  readonly operation?: string;
  readonly method?: string;
  readonly path?: string;
  /** Instead of `TrentService.<operation>`; undefined leaves it out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Added after signing, name, value, … */
  readonly unsignedHeaders?: readonly string[];
  /** An object is sent as JSON. */
  readonly body?: unknown;
  readonly accessKeyId?: string;
  readonly secret?: string;
  readonly sessionToken?: string;
  readonly region?: string;
  readonly service?: string;
  readonly unsigned?: boolean;
  readonly signedAtMs?: number;
  readonly failBody?: Error;
}

export interface EngineRun {
  readonly name: KmsOperationName;
  readonly input: unknown;
  readonly call: KmsCall;
}

export class KmsRig {
  readonly lines: { readonly level: string; readonly event: string; readonly fields: LogFields }[] = [];
  readonly runs: EngineRun[] = [];
  readonly measures: Parameters<Meter['kmsRequest']>[0][] = [];
  /** What the engine answers, or how it fails. */
  output: unknown = {};
  failure: unknown = undefined;
  /** Set it to keep the engine waiting. */
  held: Promise<void> | undefined = undefined;
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  monotonicMs = 1000;
  readonly credentials = new Map<string, KmsCredential>([[ACCESS_KEY_ID, ALICE]]);
  readonly handler: ExchangeHandler;
  #entropy = 0;

  constructor(settings: Partial<KmsEndpointSettings> = {}, engine?: KmsEngine) {
    const record =
      (level: string) =>
      (event: string, fields: LogFields = {}) => {
        this.lines.push({ level, event, fields });
      };
    this.handler = createKmsEndpoint({
      engine: engine ?? { run: (name, input, call) => this.#run(name, input, call) },
      clock: { nowMs: () => this.nowMs, monotonicMs: () => this.monotonicMs },
      entropy: { randomBytes: (length) => new Uint8Array(length).fill(++this.#entropy) },
      log: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
      meter: { kmsRequest: (sample) => this.measures.push(sample) },
      credentials: () => this.credentials,
      settings: {
        bodyBytes: 524_288,
        engineDeadlineMs: 5_000,
        replyDeadlineMs: 10_000,
        keyMakingMs: 0,
        regions: 'any',
        dangerOpen: false,
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

  /** What the client is told: `400 ValidationException: 1 validation error detected: …` */
  async told(ask: Ask = {}): Promise<string> {
    const { status, json } = await this.ask(ask);
    if (status === 200) return '200';
    return json.message === undefined
      ? `${status} ${json.__type}`
      : `${status} ${json.__type}: ${json.message}`;
  }

  /** The one input that the engine was given. */
  get input(): unknown {
    return this.runs.at(-1)?.input;
  }

  /** Fields of the last line of an event. */
  lastLine(event = 'request'): LogFields {
    return this.lines.findLast((line) => line.event === event)?.fields ?? {};
  }

  async #run<N extends KmsOperationName>(
    name: N,
    input: KmsOperations[N]['input'],
    call: KmsCall,
  ): Promise<KmsOperations[N]['output']> {
    this.runs.push({ name, input, call });
    await this.held;
    if (this.failure !== undefined) throw this.failure;
    return this.output as KmsOperations[N]['output'];
  }
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
  readonly #rig: KmsRig;
  readonly #body: Uint8Array;
  readonly #failBody: Error | undefined;
  readonly #resolve: (answer: Answer) => void;

  constructor(rig: KmsRig, ask: Ask) {
    this.#rig = rig;
    this.method = ask.method ?? 'POST';
    this.rawUrl = ask.path ?? '/';
    this.#body = bodyBytes(ask.body ?? {});
    this.rawHeaders = [...headersOf(rig, this, this.#body, ask), ...(ask.unsignedHeaders ?? [])];
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
    const json = body.startsWith('{') ? JSON.parse(body) : undefined;
    this.#resolve({ status, body, options, json });
  }
}

function bodyBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function headersOf(
  rig: KmsRig,
  request: { readonly method: string; readonly rawUrl: string },
  body: Uint8Array,
  ask: Ask,
): string[] {
  const date = new Date(ask.signedAtMs ?? rig.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers = Object.fromEntries(
    Object.entries({
      'X-Amz-Target': `TrentService.${ask.operation ?? 'ListKeys'}`,
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Date': date,
      'X-Amz-Security-Token': ask.sessionToken,
      ...ask.headers,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (ask.unsigned) return ['Host', HOST, ...Object.entries(headers).flat()];
  const signed = aws4.sign(
    {
      service: ask.service ?? 'kms',
      region: ask.region ?? 'us-east-1',
      host: HOST,
      method: request.method,
      path: request.rawUrl,
      headers,
      // aws4 hashes bytes as they are; its types know texts only.
      body: Buffer.from(body) as unknown as string,
    },
    { accessKeyId: ask.accessKeyId ?? ACCESS_KEY_ID, secretAccessKey: ask.secret ?? SECRET_ACCESS_KEY },
  );
  return Object.entries(signed.headers ?? {}).flatMap(([name, value]) => [name, String(value)]);
}

const HOST = 'kms.us-east-1.amazonaws.com';
export const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const ALICE: KmsCredential = {
  secret: new Secret(SECRET_ACCESS_KEY),
  caller: {
    account: '111122223333',
    principalArn: 'arn:aws:iam::111122223333:user/Alice',
    userId: 'AIDACKCEVSQ6C2EXAMPLE',
    accessKeyId: ACCESS_KEY_ID,
  },
};
