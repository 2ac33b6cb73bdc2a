import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { CertificateShop } from '../../support/certificates.ts';
import { RawConnection } from '../../support/raw-http.ts';
import { listening } from './listening.ts';

const GET = 'GET / HTTP/1.1\r\nHost: proxy.example\r\n\r\n';

describe('draining a listener', () => {
  it('finishes what runs, says Connection: close, and refuses newcomers', async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await using server = await listening({
      handler: async (exchange) => {
        start();
        await released;
        exchange.reply(200, 'done');
      },
    });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    await started;
    const drained = server.listener.drain(60_000);
    await expect(RawConnection.open(server.port)).rejects.toThrow('ECONNREFUSED');
    release();
    const [reply] = await connection.replies(1);
    expect(reply).toMatchObject({ status: 200, body: 'done' });
    expect(reply?.headers.get('connection')).toBe('close');
    await drained;
  });

  it('closes idle connections and silent ones at once', async () => {
    await using server = await listening({});
    using idle = await RawConnection.open(server.port);
    idle.send(GET);
    await idle.replies(1);
    using silent = await RawConnection.open(server.port);
    await server.listener.drain(60_000);
    await Promise.all([idle.closed(), silent.closed()]);
  });

  it('finishes an answer that is being sent, and closes its connection afterwards', async () => {
    await using server = await listening({
      handler: async (exchange) => {
        exchange.reply(200, 'x'.repeat(10_000_000));
        await server.listener.drain(60_000);
      },
    });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    const [reply] = await connection.replies(1);
    expect(reply?.headers.get('connection')).toBe('keep-alive');
    expect(reply?.body).toHaveLength(10_000_000);
    await connection.closed();
  });

  it('answers a request that arrives on an open connection meanwhile, and closes it', async () => {
    await using server = await listening({
      handler: async (exchange) => {
        const body = await exchange.readBody(10);
        exchange.reply(200, Buffer.from(body).toString());
      },
    });
    using connection = await RawConnection.open(server.port);
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\no');
    await expect.poll(() => server.seen.length).toBe(1);
    const drained = server.listener.drain(60_000);
    connection.send('k');
    expect((await connection.replies(1))[0]).toMatchObject({ status: 200, body: 'ok' });
    await drained;
  });

  it('destroys what is left when the grace is over', async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    await using server = await listening({
      handler: async () => {
        start();
        await new Promise(() => {});
      },
    });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    await started;
    await server.listener.drain(50);
    expect(await connection.closed()).toBe('');
  });

  it('does not wait for a TLS handshake that never ends', async () => {
    using shop = new CertificateShop();
    const { cert, key } = shop.issue({ cn: 'localhost', dns: ['localhost'] });
    await using server = await listening({ tls: { cert, key: new Secret(key) } });
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.write(Buffer.from([22, 3, 1, 2]), () => resolve()));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server.listener.drain(50);
    await closed;
  });

  it('may be asked twice; the shorter grace wins', async () => {
    await using server = await listening({ handler: () => new Promise(() => {}) });
    using connection = await RawConnection.open(server.port);
    connection.send(GET);
    await expect.poll(() => server.seen.length).toBe(1);
    const patient = server.listener.drain(60_000);
    await server.listener.drain(0);
    await patient;
  });
});
