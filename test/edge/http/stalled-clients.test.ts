/** Clients that hold a connection without using it: what they cost, and for how long. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { CertificateShop } from '../../support/certificates.ts';
import { RawConnection } from '../../support/raw-http.ts';
import { listening } from './listening.ts';

const GET = 'GET / HTTP/1.1\r\nHost: proxy.example\r\n\r\n';
/** More than the kernel buffers on both ends of a connection hold. */
const LONG = 'x'.repeat(20_000_000);

describe('a client that does not read its answers', () => {
  it('loses its connection, and its place, once an answer could not leave in time', async () => {
    await using server = await listening({
      handler: (exchange) => exchange.reply(200, LONG),
      limits: { replyFlushTimeoutMs: 100, maxConnections: 1 },
    });
    using deaf = await RawConnection.open(server.port);
    deaf.socket.pause();
    deaf.send(GET);
    await expect
      .poll(async () => {
        using next = await RawConnection.open(server.port);
        next.send('GET / HTTP/1.0\r\n\r\n');
        return (await next.closed()).slice(0, 15);
      })
      .toBe('HTTP/1.1 200 OK');
  });

  it('loses it also when the answer waits behind another', async () => {
    await using server = await listening({
      handler: (exchange) => (exchange.rawUrl === '/last' ? exchange.reply(200, 'x') : new Promise(() => {})),
      limits: { replyFlushTimeoutMs: 50 },
    });
    using connection = await RawConnection.open(server.port);
    connection.send(`${GET}${GET.replace('/ ', '/last ')}`);
    expect(await connection.closed()).toBe('');
  });

  it('keeps it as long as answers leave in time', async () => {
    await using server = await listening({ limits: { replyFlushTimeoutMs: 50 } });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    await connection.replies(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    connection.send(GET);
    expect((await connection.replies(2)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a client that sends requests ahead', () => {
  it('gets the answers up to the cap, 429 for the next, and no more', async () => {
    await using server = await listening({});
    using connection = await RawConnection.open(server.port);
    connection.send(GET.repeat(12));
    const replies = await connection.replies(9);
    expect(replies.map(({ status }) => status)).toEqual([...Array(8).fill(200), 429]);
    expect(replies[8]?.headers.get('connection')).toBe('close');
    expect(replies[8]?.body).toBe(
      '{"errorName":"ThrottlingException","errorMessage":"too many requests were sent ahead on this connection; read the answers first"}',
    );
    await connection.closed();
    expect(server.seen).toHaveLength(8);
  });

  it('is cut off when it goes far beyond the cap', async () => {
    await using server = await listening({ handler: () => new Promise(() => {}) });
    using connection = await RawConnection.open(server.port);
    connection.send(GET.repeat(100));
    expect(await connection.closed()).toBe('');
    expect(server.seen).toHaveLength(8);
  });

  it('may send any number when it reads in between', async () => {
    await using server = await listening({});
    using connection = await RawConnection.open(server.port);
    for (let round = 1; round <= 5; round += 1) {
      connection.send(GET.repeat(8));
      await connection.replies(8 * round);
    }
    expect(server.seen).toHaveLength(40);
  });
});

describe('a client that idles', () => {
  const IMPATIENT = { unprovenIdleTimeoutMs: 50, keepAliveTimeoutMs: 3_600_000 };

  it('is let go sooner when nobody on its connection has authenticated', async () => {
    await using server = await listening({ limits: IMPATIENT });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    await connection.replies(1);
    await connection.closed();
  });

  it('is told so', async () => {
    await using server = await listening({ limits: { unprovenIdleTimeoutMs: 75_000 } });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    const [reply] = await connection.replies(1);
    expect(reply?.headers.get('keep-alive')).toBe('timeout=75');
  });

  it('keeps its connection for the whole keep-alive time once somebody on it has', async () => {
    await using server = await listening({
      handler: (exchange) => exchange.reply(200, '{}', { proven: exchange.rawUrl === '/proven' }),
      limits: IMPATIENT,
    });
    using connection = await RawConnection.open(server.port);
    connection.send(`${GET.replace('/ ', '/proven ')}${GET}`);
    const replies = await connection.replies(2);
    expect(replies.map(({ headers }) => headers.get('keep-alive'))).toEqual(['timeout=3600', 'timeout=3600']);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    connection.send(GET);
    await connection.replies(3);
  });

  it('is timed from the handshake on when it never sends a byte over TLS', async () => {
    using shop = new CertificateShop();
    const { cert, key } = shop.issue({ cn: 'localhost', dns: ['localhost'] });
    await using server = await listening({
      tls: { cert, key: new Secret(key) },
      limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 },
    });
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    const closed = once(socket, 'close');
    socket.on('error', () => {}).resume();
    await once(socket, 'secureConnect');
    await closed;
  });
});
