import { connect } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { BodyIncomplete, type Exchange } from '../../../src/edge/http/exchange.ts';
import { exchangeRaw, RawConnection } from '../../support/raw-http.ts';
import { APPS, echo, listening } from './listening.ts';

const HOST = 'Host: proxy.example\r\n';

describe.for(APPS)('an app that is $app', ({ bare }) => {
  const open: typeof listening = (options) => listening({ ...options, bare });

  describe('what the handler is given', () => {
    it('gets the target and the headers exactly as they were sent, duplicates included', async () => {
      await using server = await open({});
      const target = '/a%2Fb/../c//d?x=%41&x=1#frag';
      await exchangeRaw(
        server.port,
        `POST ${target} HTTP/1.1\r\n${HOST}X-Twice: one\r\nx-tWICE:   two  \r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
      );
      expect(server.seen[0]).toMatchObject({
        method: 'POST',
        rawUrl: '/a%2Fb/../c//d?x=%41&x=1#frag',
        rawHeaders: [
          ...['Host', 'proxy.example', 'X-Twice', 'one', 'x-tWICE', 'two'],
          ...['Connection', 'close', 'Content-Length', '2'],
        ],
        remoteAddress: '127.0.0.1',
        tlsClientSubject: undefined,
        replied: true,
      });
    });

    it.for([
      { target: '//' },
      { target: '*' },
      { target: 'http://host:99999999/x' },
      { target: 'http://[::1' },
      { target: '/%' },
      { target: '/%zz%00' },
      { target: '/\\..\\x' },
      { target: '/?' },
    ])('hands a strange target over untouched: $target', async ({ target }) => {
      await using server = await open({});
      const [reply] = await exchangeRaw(
        server.port,
        `GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      );
      expect(reply?.status).toBe(200);
      expect(server.seen[0]?.rawUrl).toBe(target);
    });

    it('X-05: GET, HEAD and any other method reach the handler, which decides', async () => {
      await using server = await open({});
      const methods = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'];
      for (const method of methods) {
        await exchangeRaw(server.port, `${method} / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      }
      expect(server.seen.map((exchange) => exchange.method)).toEqual(methods);
    });

    it('stamps the head and the end of the body on the monotonic clock', async () => {
      await using server = await open({});
      await request(server.listener.address).post('/').send('abc');
      const [exchange] = server.seen as [Exchange];
      expect(exchange.startedMs).toBeGreaterThan(0);
      expect(exchange.bodyEndMs).toBeGreaterThanOrEqual(exchange.startedMs);
    });

    it('does not undo a Content-Encoding', async () => {
      await using server = await open({});
      const reply = await request(server.listener.address)
        .post('/')
        .set('Content-Encoding', 'gzip')
        .set('Content-Type', 'application/json')
        .send('not gzip at all');
      expect(reply.body).toEqual({ method: 'POST', body: 'not gzip at all' });
    });
  });

  describe('what the client gets', () => {
    it('X-01: answers are JSON with a length, and nothing tells which software wrote them', async () => {
      await using server = await open({});
      const reply = await request(server.listener.address).get('/');
      expect(reply.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '26' });
      expect(Object.keys(reply.headers).sort()).toEqual([
        ...['connection', 'content-length', 'content-type', 'date'],
      ]);
    });

    it('takes other content types and headers, and ignores a second reply', async () => {
      await using server = await open({
        handler: (exchange) => {
          exchange.reply(405, 'no', { contentType: 'text/plain', headers: { Allow: 'POST' } });
          exchange.reply(200, 'yes');
        },
      });
      const reply = await request(server.listener.address).get('/');
      expect(reply.status).toBe(405);
      expect(reply.text).toBe('no');
      expect(reply.headers).toMatchObject({ 'content-type': 'text/plain', allow: 'POST' });
    });

    it('X-02: HTTP/1.0 is answered, and its connection closed', async () => {
      await using server = await open({});
      const [reply] = await exchangeRaw(server.port, 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nok');
      expect(reply).toMatchObject({ status: 200, body: '{"method":"POST","body":"ok"}' });
    });

    it('X-02: pipelined requests are answered in their order, each with its own body', async () => {
      await using server = await open({
        handler: async (exchange) => {
          const body = Buffer.from(await exchange.readBody(10)).toString();
          await new Promise((resolve) => setTimeout(resolve, body === 'slow' ? 50 : 0));
          exchange.reply(200, body);
        },
      });
      using connection = await RawConnection.open(server.port);
      connection.send(
        `POST /1 HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nslowPOST /2 HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nfast`,
      );
      const replies = await connection.replies(2);
      expect(replies.map((reply) => reply.body)).toEqual(['slow', 'fast']);
    });

    it.for([
      {
        what: 'throws',
        handler: () => {
          throw new Error('the secret 4711');
        },
      },
      {
        what: 'rejects',
        handler: async () => {
          throw new Error('the secret 4711');
        },
      },
      { what: 'forgets to answer', handler: async () => {} },
    ])('X-01: a handler that $what leads to a bare 500', async ({ handler }) => {
      await using server = await open({ handler });
      const reply = await request(server.listener.address).get('/');
      expect(reply.status).toBe(500);
      expect(reply.text).toBe('{"errorName":"InternalException","errorMessage":"internal error"}');
      expect(server.lines.filter((line) => line.level === 'error')).toHaveLength(1);
    });
  });

  describe('the body', () => {
    it('mistake 2: a Content-Length over the cap is refused before a byte of the body is read', async () => {
      await using server = await open({ handler: capped(10) });
      using connection = await RawConnection.open(server.port);
      connection.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`);
      const [reply] = await connection.replies(1);
      expect(reply).toMatchObject({ status: 501, body: 'BodyTooLarge' });
      expect(reply?.headers.get('connection')).toBe('close');
      await connection.closed();
    });

    it('mistake 2: a chunked body is refused as soon as it passes the cap, and the connection ends', async () => {
      await using server = await open({ handler: capped(10) });
      using connection = await RawConnection.open(server.port);
      connection.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
      connection.send('6\r\nabcdef\r\n');
      connection.send('6\r\nghijkl\r\n');
      const [reply] = await connection.replies(1);
      expect(reply).toMatchObject({ status: 501, body: 'BodyTooLarge' });
      await connection.closed();
    });

    it('mistake 2: the answer reaches a client that sends its whole body before it reads', async () => {
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      await using server = await open({
        handler: (exchange) => {
          exchange.reply(501, 'too much', { close: true });
          answer();
        },
      });
      using connection = await RawConnection.open(server.port);
      connection.socket.pause();
      connection.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9000000\r\n\r\n`);
      await answered;
      for (let sent = 0; sent < 20; sent += 1) {
        connection.send('x'.repeat(1_000));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      connection.socket.resume();
      expect((await connection.replies(1))[0]).toMatchObject({ status: 501, body: 'too much' });
    });

    it('mistake 2: a client that never stops sending is cut off', async () => {
      await using server = await open({
        handler: capped(10),
        limits: { lingerMs: 100, unreadBodyBytes: 1000 },
      });
      using connection = await RawConnection.open(server.port);
      connection.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9000000\r\n\r\n`);
      const gone = new Promise((resolve) => connection.socket.once('close', resolve));
      const sending = setInterval(() => connection.send('x'.repeat(10_000)), 10);
      await gone;
      clearInterval(sending);
      expect((await connection.replies(1))[0]?.status).toBe(501);
    });

    it.for([
      { what: 'exactly the cap', head: 'Content-Length: 10\r\n\r\n0123456789' },
      {
        what: 'exactly the cap, chunked',
        head: 'Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n',
      },
    ])('accepts $what', async ({ head }) => {
      await using server = await open({ handler: capped(10) });
      using connection = await RawConnection.open(server.port);
      connection.send(`POST / HTTP/1.1\r\n${HOST}${head}`);
      const [reply] = await connection.replies(1);
      expect(reply).toMatchObject({ status: 200, body: '0123456789' });
    });

    it('asks for the body with 100 Continue only when it is going to be read', async () => {
      await using server = await open({ handler: capped(10) });
      using small = await RawConnection.open(server.port);
      small.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
      expect((await small.replies(1))[0]?.statusLine).toBe('HTTP/1.1 100 Continue');
      small.send('ok');
      expect((await small.replies(2))[1]).toMatchObject({ status: 200, body: 'ok' });
      using large = await RawConnection.open(server.port);
      large.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 11\r\n\r\n`);
      expect((await large.replies(1))[0]).toMatchObject({ status: 501, body: 'BodyTooLarge' });
      await large.closed();
    });

    it('ignores an expectation that it does not know', async () => {
      await using server = await open({});
      const [reply] = await exchangeRaw(
        server.port,
        `GET / HTTP/1.1\r\n${HOST}Expect: wonders\r\nConnection: close\r\n\r\n`,
      );
      expect(reply?.status).toBe(200);
    });

    it('tells the handler when the client left in the middle of the body', async () => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      await using server = await open({
        handler: async (exchange) => {
          await exchange.readBody(10).catch((error: unknown) => {
            resolve(error);
            throw error;
          });
        },
      });
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, () => socket.destroy());
      expect(await promise).toBeInstanceOf(BodyIncomplete);
      expect(server.lines.filter((line) => line.level === 'error')).toEqual([]);
    });

    it('tells a handler that comes late as well', async () => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      await using server = await open({
        handler: async (exchange) => {
          await new Promise((wake) => setTimeout(wake, 100));
          await exchange.readBody(10).catch(resolve);
          exchange.reply(400, 'nobody reads this');
        },
      });
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      socket.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, () => socket.destroy());
      expect(await promise).toBeInstanceOf(BodyIncomplete);
    });

    it('refuses to read a body twice', async () => {
      await using server = await open({
        handler: async (exchange) => {
          await exchange.readBody(10);
          await exchange
            .readBody(10)
            .catch((error: Error) => exchange.reply(200, JSON.stringify(error.message)));
        },
      });
      const reply = await request(server.listener.address).post('/').send('abc');
      expect(reply.body).toBe('a request body was read twice');
    });

    it('a short body that nobody read leaves the connection usable', async () => {
      await using server = await open({ handler: (exchange) => exchange.reply(404, exchange.rawUrl) });
      using connection = await RawConnection.open(server.port);
      connection.send(`POST /1 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`);
      await connection.replies(1);
      connection.send(`POST /2 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`);
      expect((await connection.replies(2)).map((reply) => reply.body)).toEqual(['/1', '/2']);
    });

    it.for([
      { what: 'a long one', head: 'Content-Length: 65537\r\n\r\n' },
      { what: 'a chunked one', head: 'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n' },
    ])('mistake 2: $what that nobody read costs the connection', async ({ head }) => {
      await using server = await open({ handler: (exchange) => exchange.reply(404, 'gone') });
      const [reply] = await exchangeRaw(server.port, `POST / HTTP/1.1\r\n${HOST}${head}`);
      expect(reply?.status).toBe(404);
      expect(reply?.headers.get('connection')).toBe('close');
    });

    it('an early close does not cut off the answers before it', async () => {
      await using server = await open({
        handler: async (exchange) => {
          await new Promise((resolve) => setTimeout(resolve, exchange.rawUrl === '/1' ? 50 : 0));
          exchange.reply(200, exchange.rawUrl, { close: exchange.rawUrl === '/2' });
        },
      });
      const replies = await exchangeRaw(
        server.port,
        `GET /1 HTTP/1.1\r\n${HOST}\r\nPOST /2 HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`,
      );
      expect(replies.map((reply) => reply.body)).toEqual(['/1', '/2']);
    });

    it('echoes an empty body', async () => {
      await using server = await open({ handler: echo });
      const reply = await request(server.listener.address).post('/');
      expect(reply.body).toEqual({ method: 'POST', body: '' });
    });
  });
});

function capped(maxBytes: number): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    await exchange.readBody(maxBytes).then(
      (body) => exchange.reply(200, Buffer.from(body).toString()),
      (error: Error) => exchange.reply(501, error.name, { close: true }),
    );
  };
}
