/** What the engine's listener refuses before the endpoint has seen it, byte by byte over a socket. */
import { describe, expect, it } from 'vitest';
import type { ExchangeHandler } from '../../../src/edge/http/exchange.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../../src/edge/http/http-limits.ts';
import { type Listener, listen } from '../../../src/edge/http/listener.ts';
import { kmsRefusals } from '../../../src/edge/kms/refusal-form.ts';
import { exchangeRaw, RawConnection } from '../../support/raw-http.ts';
import { KmsRig } from './rig.ts';

async function listening(
  options: { limits?: Partial<HttpLimits>; handler?: ExchangeHandler } = {},
): Promise<Listener> {
  const silent = () => undefined;
  let drawn = 0;
  return listen({
    name: 'kms',
    at: { host: '127.0.0.1', port: 0 },
    limits: { ...DEFAULT_HTTP_LIMITS, ...options.limits },
    handler: options.handler ?? new KmsRig().handler,
    refusals: kmsRefusals({ randomBytes: (length) => new Uint8Array(length).fill(++drawn) }),
    bare: true,
    clock: { nowMs: () => Date.UTC(2026, 0, 2), monotonicMs: () => performance.now() },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

const HOST = 'Host: kms.example\r\n';

describe('a client of the KMS API can read why', () => {
  it.for([
    {
      what: 'what it sent is no HTTP',
      bytes: '\u0000\u0001\r\n\r\n',
      status: 400,
      name: 'MalformedHttpRequestException',
      message: 'the HTTP request is malformed',
    },
    {
      what: 'its request line is none',
      bytes: `POST / HTTP/9.9\r\n${HOST}\r\n`,
      status: 400,
      name: 'MalformedHttpRequestException',
      message: 'the HTTP request is malformed',
    },
    {
      what: 'it names no host',
      bytes: 'POST / HTTP/1.1\r\nConnection: close\r\n\r\n',
      status: 400,
      name: 'MalformedHttpRequestException',
      message: 'the request must have exactly one Host header',
    },
    {
      what: 'its headers are too long',
      bytes: `POST / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(20_000)}\r\n\r\n`,
      status: 431,
      name: 'RequestEntityTooLargeException',
      message: 'the request line and headers are too long',
    },
    {
      what: 'it has too many headers',
      bytes: `POST / HTTP/1.1\r\n${HOST}${'a:1\r\n'.repeat(64)}\r\n`,
      status: 431,
      name: 'RequestEntityTooLargeException',
      message: 'the request has too many headers',
    },
    {
      what: 'half of its body stays away',
      bytes: `POST / HTTP/1.1\r\n${HOST}X-Amz-Target: TrentService.ListKeys\r\nContent-Length: 10\r\n\r\nabc`,
      status: 408,
      name: 'RequestTimeoutException',
      message: 'the request did not arrive in time',
    },
    {
      what: 'it asks for a tunnel',
      bytes: `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`,
      status: 405,
      name: 'UnknownOperationException',
      message: 'Method CONNECT is not allowed here.',
    },
  ])('$what: $status $name', async ({ bytes, status, name, message }) => {
    await using listener = await listening({ limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } });
    const [reply, ...more] = await exchangeRaw(listener.port, bytes);
    expect(more).toEqual([]);
    expect(reply?.status).toBe(status);
    expect(reply?.body).toBe(JSON.stringify({ __type: name, message }));
    expect(Object.fromEntries(reply?.headers ?? [])).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      'cache-control': 'no-cache, no-store, must-revalidate, private',
      connection: 'close',
    });
  });

  it('it sent more ahead than is answered at a time: 429 ThrottlingException', async () => {
    await using listener = await listening({
      limits: { maxUnfinished: 1 },
      handler: async (exchange) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        exchange.reply(200, '{}');
      },
    });
    const get = `GET / HTTP/1.1\r\n${HOST}\r\n`;
    using connection = await RawConnection.open(listener.port);
    connection.send(`${get}${get}`);
    const [, refused] = await connection.replies(2);
    expect(refused?.status).toBe(429);
    expect(JSON.parse(refused?.body ?? '')).toMatchObject({ __type: 'ThrottlingException' });
  });

  it('the endpoint itself failed: 500 KMSInternalException, without a word of the cause', async () => {
    await using listener = await listening({
      handler: () => {
        throw new Error('a secret of ours');
      },
    });
    const [reply] = await exchangeRaw(listener.port, `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(reply).toMatchObject({ status: 500, body: '{"__type":"KMSInternalException"}' });
    expect(reply?.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  });

  it('its answers have request ids of their own', async () => {
    await using listener = await listening();
    const ids = [];
    for (let count = 0; count < 2; count += 1) {
      const [reply] = await exchangeRaw(listener.port, '\u0000\r\n\r\n');
      ids.push(reply?.headers.get('x-amzn-requestid'));
    }
    expect(new Set(ids).size).toBe(2);
  });
});
