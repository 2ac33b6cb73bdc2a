/** A store on a server that is reached over TLS and knows its users by a password: as on another machine. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreFailure } from '../../src/domain/ports/record-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { PostgresServer as ServerAddress } from '../../src/store/postgres/connection.ts';
import { CertificateShop, type Issued } from '../support/certificates.ts';
import { describeWithServer } from '../support/store/describe-with-server.ts';
import { PostgresServer } from '../support/store/postgres-server.ts';
import { at, put } from '../support/store/records.ts';

const PASSWORD = 'correct horse battery staple';
const server = await PostgresServer.start();
const shop = new CertificateShop();
afterAll(() => {
  server?.stop();
  shop[Symbol.dispose]();
});

describeWithServer(server, 'a store in PostgreSQL over TLS, with a password', (postgres) => {
  let address: ServerAddress;

  beforeAll(async () => {
    const local = await postgres.database();
    const identity = shop.issue({ cn: 'localhost', dns: ['localhost'] });
    postgres.listenWithTls({ ...identity, clientCa: shop.root.cert }, await freePort());
    await postgres.query(local.database, `CREATE ROLE engine LOGIN PASSWORD '${PASSWORD}'`);
    await postgres.query(local.database, 'CREATE ROLE certified LOGIN');
    await postgres.query(local.database, 'GRANT CREATE, USAGE ON SCHEMA public TO engine, certified');
    const { port } = await postgres.database();
    const tls = { ca: shop.root.cert };
    const password = new Secret(PASSWORD);
    address = { host: 'localhost', port, database: local.database, user: 'engine', password, tls };
  });

  it('keeps its records, and every one of its sessions is encrypted and has come with the password', async () => {
    {
      await using store = await postgres.open(address);
      await store.commit([put(at('a'), 'kept', 0)]);
      const sessions = `SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'engine'`;
      const seen = await postgres.query(address.database, sessions);
      expect(seen.length).toBeGreaterThan(1);
      expect(new Set(seen.map(({ ssl, version }) => `${ssl} ${version}`))).toEqual(new Set(['true TLSv1.3']));
      const kept = `SELECT rolpassword LIKE 'SCRAM-SHA-256$%' AS scram FROM pg_authid WHERE rolname = 'engine'`;
      expect(await postgres.query(address.database, kept)).toEqual([{ scram: true }]);
    }
    await using again = await postgres.open(address);
    expect(await again.get('setting', at('a'))).toMatchObject({ body: { value: 'kept' } });
  });

  it.for<{ what: string; change: (shop: CertificateShop) => Partial<ServerAddress>; says: RegExp }>([
    {
      what: 'a wrong password',
      change: () => ({ password: new Secret('guessed') }),
      says: /password authentication failed for user "engine" \(SQLSTATE 28P01\)/,
    },
    {
      what: 'no password',
      change: () => ({ password: new Secret('') }),
      says: /password/,
    },
    {
      what: 'another authority than that of the server',
      change: (certificates) => ({ tls: { ca: certificates.otherRoot().cert } }),
      says: /certificate/,
    },
    {
      what: 'the authorities that Node.js knows alone',
      change: () => ({ tls: {} }),
      says: /certificate/,
    },
    {
      what: 'a name that is not in the certificate of the server',
      change: () => ({ host: '127.0.0.1' }),
      says: /Hostname\/IP does not match certificate's altnames: IP: 127\.0\.0\.1 is not in the cert's list/,
    },
  ])('is refused with $what, and says why without a secret', async ({ change, says }) => {
    const refused = await postgres.open({ ...address, ...change(shop) }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(refused).toBeInstanceOf(StoreFailure);
    expect(refused).toMatchObject({ message: expect.stringMatching(says) });
    expect(String(refused)).toContain(`postgresql://`);
    expect(String(refused)).not.toMatch(/guessed|horse/);
  });

  it('is refused without TLS by a server that wants it', async () => {
    const { tls: _, ...plain } = address;
    await expect(postgres.open(plain)).rejects.toThrow(/no pg_hba\.conf entry .*no encryption/);
  });

  describe('whose user the server knows by its certificate', () => {
    const certified = async (identity: Partial<Issued>): Promise<ServerAddress> => {
      const { password: _, ...rest } = address;
      const { database } = await postgres.database();
      await postgres.query(database, 'GRANT CREATE, USAGE ON SCHEMA public TO certified');
      return { ...rest, database, user: 'certified', tls: { ...address.tls, ...identity } };
    };

    it('keeps its records without any password', async () => {
      const { cert, key } = shop.issue({ cn: 'certified' });
      const own = await certified({ cert, key });
      await using store = await postgres.open(own);
      await store.commit([put(at('a'), 'kept', 0)]);

      const sessions = `SELECT client_dn FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'certified'`;
      const seen = await postgres.query(own.database, sessions);
      expect(new Set(seen.map(({ client_dn }) => client_dn))).toEqual(new Set(['/CN=certified']));
      expect(await store.get('setting', at('a'))).toMatchObject({ body: { value: 'kept' } });
    });

    it.for<{ what: string; identity: (shop: CertificateShop) => Partial<Issued>; says: RegExp }>([
      {
        what: 'without one',
        identity: () => ({}),
        says: /connection requires a valid client certificate \(SQLSTATE 28000\)/,
      },
      {
        what: 'with one of another user',
        identity: (certificates) => certificates.issue({ cn: 'engine' }),
        says: /certificate authentication failed for user "certified" \(SQLSTATE 28000\)/,
      },
      {
        what: 'with one by an authority that the server does not know',
        identity: (certificates) => certificates.issue({ cn: 'certified' }, certificates.otherRoot()),
        says: /unknown ca/,
      },
      {
        what: 'with one that has run out',
        identity: (certificates) => certificates.issue({ cn: 'certified', days: -1 }),
        says: /certificate expired/,
      },
    ])('is refused $what', async ({ identity, says }) => {
      const { cert, key } = identity(shop);
      const own = await certified({ ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) });
      await expect(postgres.open(own)).rejects.toThrow(says);
    });
  });

  it('takes an address for the name when the certificate of the server has it', async () => {
    const port = await freePort();
    const identity = shop.issue({ cn: 'server', ips: ['127.0.0.1'] });
    postgres.listenWithTls({ ...identity, clientCa: shop.root.cert }, port);
    await using store = await postgres.open({ ...address, host: '127.0.0.1', port });

    expect(await store.get('setting', at('a'))).toMatchObject({ body: { value: 'kept' } });
    await expect(postgres.open({ ...address, host: 'localhost', port })).rejects.toThrow(
      /Hostname\/IP does not match certificate's altnames/,
    );
  });
});

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const bound = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
