/** A whole Portcullis over a throw-away token, on free ports, and a client that signs as AWS KMS does. */
import http from 'node:http';
import https from 'node:https';
import aws4 from 'aws4';
import { loadConfig } from '../../src/config/load-config.ts';
import type { LogFields } from '../../src/domain/ports/log.ts';
import { type Running, startPortcullis } from '../../src/main.ts';
import { CREDENTIAL, PREFIX, type ProxySettings, proxyConfig } from './proxy-config.ts';
import { createTestToken, type TestToken } from './token.ts';

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

export class RunningProxy implements AsyncDisposable {
  readonly token: TestToken;
  readonly running: Running;
  readonly configFile: string;
  readonly lines: readonly LogLine[];

  constructor(token: TestToken, running: Running, configFile: string, lines: readonly LogLine[]) {
    this.token = token;
    this.running = running;
    this.configFile = configFile;
    this.lines = lines;
  }

  /** Host and port of the proxy. */
  get authority(): string {
    return new URL(this.running.addresses.proxy).host;
  }

  /** A signed POST below the prefix, for example to `keys/foo/encrypt`. */
  post(path: string, body: unknown, options: Partial<CallOptions> = {}): Promise<Answer> {
    return post(this.authority, `${options.prefix ?? PREFIX}/kms/xks/v1/${path}`, body, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.drain();
    await this.token[Symbol.asyncDispose]();
  }
}

export interface CallOptions {
  readonly prefix: string;
  readonly region: string;
  readonly credential: typeof CREDENTIAL;
  readonly agent: http.Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** Keys `foo` and `health` exist; more are added through `prepare` before the proxy starts. */
export async function startProxy(
  settings: ProxySettings | ((token: TestToken) => ProxySettings) = {},
  prepare: (token: TestToken) => Promise<void> = async () => undefined,
  { waitForReady = true } = {},
): Promise<RunningProxy> {
  const token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01' });
  await token.addAesKey({ label: 'health', id: '0aff' });
  await prepare(token);
  const configFile = await proxyConfig(token, typeof settings === 'function' ? settings(token) : settings);
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const running = await startPortcullis({ config: loadConfig(configFile), log });
  const proxy = new RunningProxy(token, running, configFile, lines);
  if (waitForReady) await until(() => running.readiness().ready);
  return proxy;
}

/** Polls until `condition` holds; rejects after ten seconds, or after `withinMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { withinMs = 10_000 } = {},
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > endMs)
      throw new Error(`did not come true within ${withinMs / 1000} s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A POST signed with aws4, over TLS when the agent is for TLS. A string body is sent as it is. */
export function post(
  authority: string,
  path: string,
  body: unknown,
  options: Partial<CallOptions> = {},
): Promise<Answer> {
  const { host, ...signed } = aws4.sign(
    {
      host: authority,
      path,
      method: 'POST',
      service: 'kms-xks-proxy',
      region: options.region ?? 'us-east-1',
      headers: { 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    options.credential ?? CREDENTIAL,
  );
  const [hostname, port] = authority.split(':');
  const agent = options.agent === undefined ? {} : { agent: options.agent };
  const { request: send } = options.agent instanceof https.Agent ? https : http;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        ...agent,
        method: 'POST',
        path,
        hostname,
        port,
        headers: { Host: host, ...signed.headers } as http.OutgoingHttpHeaders,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: json });
        });
      },
    );
    request.on('error', reject);
    request.end(signed.body);
  });
}

/** requestMetadata as AWS KMS sends it. */
export function metadata(kmsOperation: string): Record<string, string> {
  return {
    awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsOperation,
    kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
  };
}

export function encryptBody(
  plaintext: Uint8Array,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    requestMetadata: metadata('Encrypt'),
    plaintext: Buffer.from(plaintext).toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    ...more,
  };
}

/** The Decrypt request for what Encrypt answered. */
export function decryptBody(
  encrypted: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { ciphertext, initializationVector, authenticationTag, ciphertextMetadata } = encrypted;
  return {
    requestMetadata: metadata('Decrypt'),
    ciphertext,
    initializationVector,
    authenticationTag,
    ...(ciphertextMetadata !== undefined && { ciphertextMetadata }),
    encryptionAlgorithm: 'AES_GCM',
    ...more,
  };
}
