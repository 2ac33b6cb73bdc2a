import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_LIMITS } from '../../../src/edge/http/http-limits.ts';
import { listen } from '../../../src/edge/http/listener.ts';
import { exchangeRaw, RawConnection } from '../../support/raw-http.ts';
import { APPS, echo, listening, systemClock } from './listening.ts';

const HOST = 'Host: proxy.example\r\n';

describe.for(APPS)('an app that is $app', ({ bare }) => {
  const open: typeof listening = (options) => listening({ ...options, bare });

  describe('bytes that are no request', () => {
    it.for([
      { what: 'garbage', bytes: '\u0000\u0001\u0002\u0003\r\n\r\n' },
      { what: 'a TLS hello on a plain port', bytes: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001' },
      { what: 'an unknown method', bytes: `SPEAK / HTTP/1.1\r\n${HOST}\r\n` },
      { what: 'an unknown version', bytes: `GET / HTTP/9.9\r\n${HOST}\r\n` },
      { what: 'a space before the colon', bytes: `GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\n` },
      { what: 'a bare line feed in the head', bytes: `GET / HTTP/1.1\r\n${HOST}X: y\nZ: z\r\n\r\n` },
      { what: 'a NUL in a header', bytes: `GET / HTTP/1.1\r\n${HOST}X: a\u0000b\r\n\r\n` },
      {
        what: 'a Content-Length that is no number',
        bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: ten\r\n\r\n`,
      },
      { what: 'a negative Content-Length', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n` },
      {
        what: 'two different Content-Lengths',
        bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      },
      {
        what: 'one Content-Length twice',
        bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 2\r\n\r\nab`,
      },
      {
        what: 'Content-Length beside Transfer-Encoding',
        bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      },
      {
        what: 'Transfer-Encoding beside Content-Length',
        bytes: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
      },
      {
        what: 'a Transfer-Encoding that does not end in chunked',
        bytes: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
      },
      {
        what: 'a folded Transfer-Encoding',
        bytes: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
      },
    ])('X-01: $what gets one line of JSON and the end of the connection', async ({ bytes }) => {
      await using server = await open({});
      const [reply, ...more] = await exchangeRaw(server.port, bytes);
      expect(reply).toMatchObject({
        statusLine: 'HTTP/1.1 400 Bad Request',
        body: '{"errorName":"ValidationException","errorMessage":"the HTTP request is malformed"}',
      });
      expect(reply?.headers.get('content-type')).toBe('application/json');
      expect(reply?.headers.get('connection')).toBe('close');
      expect(more).toEqual([]);
      expect(server.seen).toEqual([]);
      expect((await request(server.listener.address).get('/')).status).toBe(200);
    });

    it('a malformed chunk is the answer to its own request', async () => {
      await using server = await open({});
      const replies = await exchangeRaw(
        server.port,
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`,
      );
      expect(replies.map((reply) => reply.status)).toEqual([400]);
      expect(server.lines.filter((line) => line.level === 'error')).toEqual([]);
    });

    it('garbage after a request that is still at work waits for its answer, and is refused then', async () => {
      await using server = await open({
        handler: async (exchange) => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          exchange.reply(200, 'late');
        },
      });
      const get = `GET / HTTP/1.1\r\n${HOST}\r\n`;
      const replies = await exchangeRaw(server.port, `${get}${get}\u0000\u0000\r\n\r\n`);
      expect(replies.map(({ status, body }) => (status === 200 ? body : status))).toEqual([
        'late',
        'late',
        400,
      ]);
    });

    it('a malformed chunk after a request that is still at work is answered in its turn', async () => {
      await using server = await open({
        handler: async (exchange) => {
          await exchange.readBody(10);
          await new Promise((resolve) => setTimeout(resolve, 50));
          exchange.reply(200, 'late');
        },
      });
      const replies = await exchangeRaw(
        server.port,
        `GET / HTTP/1.1\r\n${HOST}\r\nPOST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      );
      expect(replies.map(({ status }) => status)).toEqual([200, 400]);
    });

    it('garbage after a request that closes the connection leaves its answer whole', async () => {
      await using server = await open({});
      const replies = await exchangeRaw(
        server.port,
        `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n\u0000\u0000\r\n\r\n`,
      );
      expect(replies.map(({ status }) => status)).toEqual([200]);
    });

    it('garbage after an answered request is refused on its own', async () => {
      await using server = await open({});
      using connection = await RawConnection.open(server.port);
      connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
      await connection.replies(1);
      connection.send('\u0000\u0000\r\n\r\n');
      connection.send('\u0000\u0000\r\n\r\n');
      expect((await connection.replies(2)).map((reply) => reply.status)).toEqual([200, 400]);
      await connection.closed();
    });

    it('CONNECT and upgrades open no tunnel', async () => {
      await using server = await open({});
      const [refused, ...more] = await exchangeRaw(server.port, `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`);
      expect(refused).toMatchObject({
        status: 405,
        body: '{"errorName":"UnsupportedOperationException","errorMessage":"Method CONNECT is not allowed here."}',
      });
      expect(refused?.headers.get('allow')).toBe('GET, HEAD, POST');
      expect(more).toEqual([]);
      const upgrade = `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`;
      expect((await exchangeRaw(server.port, upgrade))[0]?.status).toBe(200);
    });
  });

  describe('CONNECT after a request that is still at work', () => {
    it('ends the connection, and is never taken for its answer', async () => {
      await using server = await open({ handler: () => new Promise(() => {}) });
      const get = `GET / HTTP/1.1\r\n${HOST}\r\n`;
      expect(await exchangeRaw(server.port, `${get}CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`)).toEqual([]);
    });
  });

  describe('heads that are too much', () => {
    it('X-47: a long head is answered with 431, and a short text of printable ASCII', async () => {
      await using server = await open({ limits: { maxHeaderBytes: 1024 } });
      const [reply] = await exchangeRaw(
        server.port,
        `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(2000)}\r\n\r\n`,
      );
      expect(reply).toMatchObject({
        status: 431,
        body: '{"errorName":"ValidationException","errorMessage":"the request line and headers are too long"}',
      });
      expect(server.seen).toEqual([]);
    });

    it.for([
      { count: 64, status: 200 },
      { count: 65, status: 431 },
      { count: 1000, status: 431 },
    ])('$count headers are answered with $status', async ({ count, status }) => {
      await using server = await open({});
      const headers = `${HOST}Connection: close\r\n${'a:1\r\n'.repeat(count - 2)}`;
      const [reply] = await exchangeRaw(server.port, `GET / HTTP/1.1\r\n${headers}\r\n`);
      expect(reply?.status).toBe(status);
      expect(reply?.headers.get('connection')).toBe('close');
    });

    it.for([
      { what: 'no Host', headers: 'Connection: close\r\n' },
      { what: 'two Hosts', headers: 'Host: a\r\nHost: b\r\nConnection: close\r\n' },
    ])('$what is answered with 400', async ({ headers }) => {
      await using server = await open({});
      const [reply] = await exchangeRaw(server.port, `GET / HTTP/1.1\r\n${headers}\r\n`);
      expect(reply).toMatchObject({
        status: 400,
        body: '{"errorName":"ValidationException","errorMessage":"the request must have exactly one Host header"}',
      });
      expect(server.seen).toEqual([]);
    });
  });

  describe('clients that are too slow', () => {
    const IMPATIENT = { headersTimeoutMs: 100, requestTimeoutMs: 200 };
    const TIMED_OUT = {
      status: 408,
      body: '{"errorName":"ValidationException","errorMessage":"the request did not arrive in time"}',
    };

    it.for([
      { what: 'a silent connection', bytes: '' },
      { what: 'half a head', bytes: 'GET / HTTP/1.1\r\nHost: pro' },
      { what: 'half a body', bytes: `POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc` },
    ])('$what is answered with 408', async ({ bytes }) => {
      await using server = await open({ limits: IMPATIENT });
      expect(await exchangeRaw(server.port, bytes)).toMatchObject([TIMED_OUT]);
    });

    it('an idle connection is closed after the keep-alive time', async () => {
      await using server = await open({ limits: { keepAliveTimeoutMs: 50 } });
      using connection = await RawConnection.open(server.port);
      connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
      await connection.replies(1);
      await connection.closed();
    });
  });

  describe('too many clients', () => {
    it('connections over the limit are dropped, with one log line a second at most', async () => {
      await using server = await open({ limits: { maxConnections: 1 } });
      using first = await RawConnection.open(server.port);
      first.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
      await first.replies(1);
      for (let tries = 0; tries < 3; tries += 1) {
        using next = await RawConnection.open(server.port);
        expect(await next.closed()).toBe('');
      }
      expect(server.logged('http.dropped')).toEqual([{ listener: 'proxy', dropped: 1, maxConnections: 1 }]);
    });
  });
});

it('a listener of no protocol of its own says in plain JSON what was wrong', async () => {
  const silent = () => undefined;
  await using listener = await listen({
    name: 'metrics',
    at: { host: '127.0.0.1', port: 0 },
    limits: DEFAULT_HTTP_LIMITS,
    handler: echo,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const [reply] = await exchangeRaw(listener.port, '\u0000\r\n\r\n');
  expect(reply).toMatchObject({ status: 400, body: '{"error":"the HTTP request is malformed"}' });
});
