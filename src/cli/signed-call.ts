/** One XKS request as AWS KMS would send it: signed by SigV4 (Signature Version 4 of AWS), answered with JSON. */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { StoreCredential } from '../domain/xks/key-store.ts';

export interface SignedCall {
  /** Scheme, host and port. */
  readonly origin: URL;
  /** Of characters that need no encoding in a path. */
  readonly path: string;
  readonly region: string;
  readonly credential: StoreCredential;
  readonly body: unknown;
  /** Trusted instead of the usual roots, and with whatever name: for a proxy that is asked at its own address. */
  readonly ownCertificate?: string;
  /** Shown to a server that asks for a client certificate; PEM. */
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface SignedAnswer {
  readonly status: number;
  /** Empty when the answer is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Rejects with the error of the connection. */
export function signedCall(call: SignedCall): Promise<SignedAnswer> {
  const body = JSON.stringify(call.body);
  const { origin, path, ownCertificate } = call;
  const trust =
    ownCertificate === undefined
      ? {}
      : { ca: ownCertificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: signedHeaders(call, body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const url = new URL(path, origin);
    const answered = (response: http.IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: asObject(Buffer.concat(chunks).toString('utf8')) }),
      );
    };
    const request =
      url.protocol === 'https:'
        ? https.request(url, { ...options, ...trust, ...call.client, agent: false }, answered)
        : http.request(url, { ...options, agent: false }, answered);
    request.on('error', reject);
    request.end(body);
  });
}

function signedHeaders(call: SignedCall, body: string): Record<string, string> {
  const { origin, path, region, credential } = call;
  const amzDate = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const date = amzDate.slice(0, 8);
  const scope = `${date}/${region}/${SERVICE}/aws4_request`;
  const headers = { 'content-type': 'application/json', host: origin.host, 'x-amz-date': amzDate };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', path, '', lines.join(''), names, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonical)].join('\n');
  let key: Buffer = Buffer.from(`AWS4${credential.secretAccessKey.reveal()}`);
  for (const part of [date, region, SERVICE, 'aws4_request']) key = hmac(key, part);
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization, 'content-length': String(Buffer.byteLength(body)) };
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

const SERVICE = 'kms-xks-proxy';
const TIMEOUT_MS = 5_000;
