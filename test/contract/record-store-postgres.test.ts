/** What only a store on a server can go through: other engines beside it, a server that goes away, links that break. */
import { afterAll, expect, it, vi } from 'vitest';
import { StoreConflict, StoreFailure } from '../../src/domain/ports/record-store.ts';
import { CutLink } from '../support/store/cut-link.ts';
import { describeWithServer } from '../support/store/describe-with-server.ts';
import { PostgresServer } from '../support/store/postgres-server.ts';
import { at, put, remove, SCOPE, usage } from '../support/store/records.ts';

const server = await PostgresServer.start();
afterAll(() => server?.stop());

describeWithServer(server, 'a store in PostgreSQL', (postgres) => {
  it('shows a change of another engine within a second, from memory too', async () => {
    const database = await postgres.database();
    await using one = await postgres.open(database);
    await using other = await postgres.open(database);
    await one.commit([put(at('a'), 'old', 0), put(at('b'), 'old', 0), put(at('c'), 'old', 0)]);
    // What the first commit tells may come after an answer, and then the answer is not remembered.
    await vi.waitFor(async () => {
      await other.get('setting', at('a'));
      await other.get('setting', at('c'));
      expect(other.peek('setting', at('a'))).toMatchObject({ body: { value: 'old' } });
      expect(other.peek('setting', at('c'))).toMatchObject({ body: { value: 'old' } });
    });
    await one.commit([put(at('a'), 'new', 1), remove(at('c'), 1)]);

    await vi.waitFor(
      async () => {
        expect(await other.get('setting', at('a'))).toMatchObject({ revision: 2, body: { value: 'new' } });
        expect(await other.get('setting', at('c'))).toBeUndefined();
      },
      { timeout: 1_000 },
    );
  });

  it('shows a lazy write and a reset of another engine', async () => {
    const database = await postgres.database();
    await using one = await postgres.open(database, { lazyMs: 10 });
    await using other = await postgres.open(database);
    expect(await other.get('usage', at('k'))).toBeUndefined();
    one.later('usage', at('k'), usage('Encrypt'));
    await vi.waitFor(async () =>
      expect(await other.get('usage', at('k'))).toMatchObject({ body: { operation: 'Encrypt' } }),
    );
    await one.reset();

    await vi.waitFor(async () => expect(await other.get('usage', at('k'))).toBeUndefined());
  });

  it('never remembers an old record while another engine keeps changing it', async () => {
    const database = await postgres.database();
    await using one = await postgres.open(database);
    await using other = await postgres.open(database);
    for (let revision = 0; revision < 60; revision += 1) {
      await Promise.all([one.commit([put(at('a'), revision, revision)]), other.get('setting', at('a'))]);
    }

    await vi.waitFor(() => expect(other.peek('setting', at('a'))).not.toMatchObject({ revision: 59 }));
    await vi.waitFor(
      async () => expect(await other.get('setting', at('a'))).toMatchObject({ revision: 60 }),
      {
        timeout: 1_000,
      },
    );
  });

  it('has one winner among engines that race for a record, and lets none lose a change', async () => {
    const database = await postgres.database();
    await using one = await postgres.open(database);
    await using other = await postgres.open(database);
    const races = Array.from({ length: 20 }, (_, race) => [
      one.commit([put(at(`name-${race}`), 'one', 0)]),
      other.commit([put(at(`name-${race}`), 'other', 0)]),
    ]);
    const outcomes = await Promise.all(races.map((race) => Promise.allSettled(race)));

    expect(outcomes.map((race) => race.map(({ status }) => status).toSorted())).toStrictEqual(
      Array.from({ length: 20 }, () => ['fulfilled', 'rejected']),
    );
    expect(
      outcomes
        .flat()
        .flatMap((each) => (each.status === 'rejected' ? [each.reason instanceof StoreConflict] : [])),
    ).toStrictEqual(Array.from({ length: 20 }, () => true));
  });

  it('fails while the server is away, serves nothing old, and goes on when it is back', {
    timeout: 30_000,
  }, async () => {
    const database = await postgres.database();
    await using store = await postgres.open(database);
    await store.commit([put(at('a'), 1, 0)]);
    postgres.crash();

    await vi.waitFor(() => expect(store.peek('setting', at('a'))).toBe('unknown'));
    await expect(store.get('setting', at('a'))).rejects.toThrow(StoreFailure);
    await expect(store.commit([put(at('b'), 1, 0)])).rejects.toThrow('cannot be used');
    postgres.up();
    await vi.waitFor(() => store.commit([put(at('b'), 1, 0)]), { timeout: 8_000, interval: 100 });
    expect(await store.list('setting', SCOPE, { limit: 9 })).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    await vi.waitFor(
      async () => {
        await store.get('setting', at('a'));
        expect(store.peek('setting', at('a'))).toMatchObject({ revision: 1 });
      },
      { timeout: 5_000 },
    );
  });

  it('does not call a commit done whose answer never came', { timeout: 20_000 }, async () => {
    const database = await postgres.database();
    await using link = await CutLink.to(`${database.host}/.s.PGSQL.5432`);
    await using store = await postgres.open({ ...database, host: '127.0.0.1', port: link.port });
    link.cutAfter = 'COMMIT';

    await expect(store.commit([put(at('a'), 1, 0)])).rejects.toThrow(StoreFailure);
    await vi.waitFor(async () => expect(await store.get('setting', at('a'))).toMatchObject({ revision: 1 }), {
      timeout: 8_000,
    });
  });

  it('serves nothing from memory once it has heard nothing for 3 seconds', { timeout: 20_000 }, async () => {
    const database = await postgres.database();
    await using link = await CutLink.to(`${database.host}/.s.PGSQL.5432`);
    await using store = await postgres.open({ ...database, host: '127.0.0.1', port: link.port });
    await store.commit([put(at('a'), 1, 0)]);
    expect(store.peek('setting', at('a'))).toMatchObject({ revision: 1 });
    link.frozen = true;

    await vi.waitFor(() => expect(store.peek('setting', at('a'))).toBe('unknown'), { timeout: 3_500 });
    link.frozen = false;
    await link[Symbol.asyncDispose]();
  });

  it.for([
    {
      what: 'a newer schema',
      sql: 'CREATE TABLE portcullis_schema (version integer); INSERT INTO portcullis_schema VALUES (99)',
      says: 'has schema 99, which a newer release wrote',
    },
    {
      what: 'a table of something else',
      sql: 'CREATE TABLE records (song text)',
      says: 'records of another program',
    },
  ])('refuses a database with $what', async ({ sql, says }) => {
    const database = await postgres.database();
    await postgres.query(database.database, sql);

    await expect(postgres.open(database)).rejects.toThrow(says);
  });

  it('lets nobody in who must be alone while an engine runs, nor an engine beside one who is', async () => {
    const database = await postgres.database();
    const engine = await postgres.open(database);
    await expect(postgres.open(database, { alone: true })).rejects.toThrow('stop every engine first');
    await engine[Symbol.asyncDispose]();
    await using alone = await postgres.open(database, { alone: true });

    await expect(postgres.open(database)).rejects.toThrow('wants no engine beside it');
    await expect(alone.commit([put(at('a'), 1, 0)])).resolves.toBeUndefined();
  });

  it('gives a writer who met a conflict the record as it is', async () => {
    const database = await postgres.database();
    await using one = await postgres.open(database);
    await using other = await postgres.open(database);
    await one.commit([put(at('a'), 1, 0)]);
    for (let revision = 1; revision <= 30; revision += 1) {
      const known = await other.get('setting', at('a'));
      await one.commit([put(at('a'), 'one', revision)]);
      await expect(other.commit([put(at('a'), 'other', known?.revision ?? 0)])).rejects.toThrow(
        StoreConflict,
      );

      expect(await other.get('setting', at('a'))).toMatchObject({ revision: revision + 1 });
    }
  });

  it('says why it cannot be opened', async () => {
    const database = await postgres.database();

    await expect(postgres.open({ ...database, host: '/nowhere' })).rejects.toThrow(StoreFailure);
    await expect(postgres.open({ ...database, database: 'none' })).rejects.toThrow('3D000');
  });

  it('is made by one of several engines that start at once', async () => {
    const database = await postgres.database();
    const stores = await Promise.all(Array.from({ length: 4 }, () => postgres.open(database)));
    await stores[0]?.commit([put(at('a'), 1, 0)]);

    expect(await stores[3]?.get('setting', at('a'))).toMatchObject({ revision: 1 });
    for (const store of stores) await store[Symbol.asyncDispose]();
  });
});
