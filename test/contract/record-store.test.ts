import { afterAll, describe, expect, it } from 'vitest';
import { Bug } from '../../src/domain/bug.ts';
import { StoreConflict, StoreFailure } from '../../src/domain/ports/record-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { describeWithServer } from '../support/store/describe-with-server.ts';
import { PostgresServer } from '../support/store/postgres-server.ts';
import { at, check, keyRecord, put, remove, SCOPE, usage } from '../support/store/records.ts';
import { StoreFolder } from '../support/store/store-folder.ts';
import { checkAgainstModel, type Rig } from '../support/store/store-model.ts';

const postgres = await PostgresServer.start();
afterAll(() => postgres?.stop());

describe.for([
  {
    name: 'in memory',
    rigged: memoryRig,
  },
  { name: 'in SQLite', rigged: () => sqliteRig({}) },
  { name: 'in SQLite with next to no memory', rigged: () => sqliteRig({ cacheChars: 0, lazyMs: 1 }) },
])('a record store $name', recordStore);

describeWithServer(postgres, 'in PostgreSQL', (server) => {
  describe.for([
    { name: 'as it is', rigged: () => server.rig({}) },
    { name: 'with next to no memory', rigged: () => server.rig({ cacheChars: 0, lazyMs: 1 }) },
  ])('a record store $name', recordStore);
});

function recordStore({ rigged }: { readonly rigged: () => Promise<Rig> }): void {
  it('gives back what was put, with its revision', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 'one', 0)]);
    await store.commit([put(at('a'), 'two', 1)]);

    expect(await store.get('setting', at('a'))).toStrictEqual({
      kind: 'setting',
      scope: SCOPE,
      id: 'a',
      revision: 2,
      body: { value: 'two' },
    });
  });

  it('has nothing where nothing was put', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 1, 0)]);

    expect(await store.get('setting', at('b'))).toBeUndefined();
    expect(await store.get('setting', at('a', 'other'))).toBeUndefined();
    expect(await store.get('key', at('a'))).toBeUndefined();
    expect(await store.list('key', SCOPE, { limit: 10 })).toStrictEqual([]);
    expect(await store.count('key', SCOPE)).toBe(0);
    expect(await store.due('key', 1e15, 10)).toStrictEqual([]);
    expect(await store.nextDueMs('key')).toBeUndefined();
    expect(await store.scopes('key')).toStrictEqual([]);
  });

  it.for([
    { what: 'one that is there, as new', changes: [put(at('a'), 'x', 0)] },
    { what: 'one that is not there, as changed', changes: [put(at('b'), 'x', 1)] },
    { what: 'an older revision', changes: [put(at('a'), 'x', 1)] },
    { what: 'a later revision', changes: [put(at('a'), 'x', 3)] },
    { what: 'one whose deletion comes late', changes: [remove(at('a'), 1)] },
    { what: 'one that is gone, by deleting', changes: [remove(at('b'), 1)] },
    { what: 'a check that fails', changes: [put(at('c'), 'x', 0), check(at('a'), 1)] },
    {
      what: 'the last of several',
      changes: [put(at('c'), 'x', 0), remove(at('d'), 1), put(at('a'), 'x', 0)],
    },
  ])('refuses a commit on $what, and does nothing of it', async ({ changes }) => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 1, 0), put(at('d'), 1, 0)]);
    await store.commit([put(at('a'), 2, 1)]);

    await expect(store.commit(changes)).rejects.toThrow(StoreConflict);
    expect(await store.list('setting', SCOPE, { limit: 10 })).toMatchObject([
      { id: 'a', revision: 2, body: { value: 2 } },
      { id: 'd', revision: 1, body: { value: 1 } },
    ]);
    expect(await store.get('setting', at('c'))).toBeUndefined();
  });

  it('does all of a commit when every expectation holds', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 1, 0), put(at('b'), 1, 0), put(at('c'), 1, 0)]);
    await store.commit([put(at('a'), 2, 1), remove(at('b'), 1), check(at('c'), 1), check(at('d'), 0)]);

    expect(await store.list('setting', SCOPE, { limit: 10 })).toMatchObject([
      { id: 'a', revision: 2 },
      { id: 'c', revision: 1 },
    ]);
    expect(await store.get('setting', at('b'))).toBeUndefined();
  });

  it('starts again at revision 1 after a deletion', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 1, 0)]);
    await store.commit([remove(at('a'), 1)]);
    await store.commit([put(at('a'), 2, 0)]);

    expect(await store.get('setting', at('a'))).toMatchObject({ revision: 1, body: { value: 2 } });
  });

  it('has one winner among those who make the same record at once', async () => {
    using rig = await rigged();
    await using store = rig.store;
    const racers = Array.from({ length: 40 }, (_, racer) => store.commit([put(at('name'), racer, 0)]));
    const outcomes = await Promise.allSettled(racers);
    const winners = outcomes.flatMap(({ status }, racer) => (status === 'fulfilled' ? [racer] : []));

    expect(winners).toHaveLength(1);
    expect(await store.get('setting', at('name'))).toMatchObject({
      revision: 1,
      body: { value: winners[0] },
    });
    expect(
      outcomes.filter((each) => each.status === 'rejected' && each.reason instanceof StoreConflict),
    ).toHaveLength(39);
  });

  it('loses no change of writers who read again after a conflict', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('sum'), 0, 0)]);
    let conflicts = 0;
    const addOne = async (): Promise<void> => {
      const sum = await store.get('setting', at('sum'));
      await store
        .commit([put(at('sum'), Number(sum?.body['value']) + 1, sum?.revision ?? 0)])
        .catch((error: unknown) => {
          expect(error).toBeInstanceOf(StoreConflict);
          conflicts += 1;
          return addOne();
        });
    };
    await Promise.all(Array.from({ length: 12 }, addOne));

    expect(await store.get('setting', at('sum'))).toMatchObject({ revision: 13, body: { value: 12 } });
    expect(conflicts).toBeGreaterThan(0);
  });

  it('judges commits that go to the disk together one by one', async () => {
    using rig = await rigged();
    await using store = rig.store;
    const outcomes = await Promise.allSettled([
      store.commit([put(at('a'), 1, 0)]),
      store.commit([put(at('b'), 1, 0)]),
      store.commit([put(at('b'), 2, 1), put(at('c'), 1, 1)]),
      store.commit([put(at('b'), 3, 1)]),
      store.commit([check(at('b'), 1), put(at('d'), 1, 0)]),
      store.commit([check(at('b'), 2), put(at('e'), 1, 0)]),
    ]);

    expect(outcomes.map(({ status }) => status)).toStrictEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect((await store.list('setting', SCOPE, { limit: 10 })).map(({ id }) => id)).toStrictEqual([
      'a',
      'b',
      'e',
    ]);
    expect(await store.get('setting', at('b'))).toMatchObject({ revision: 2, body: { value: 3 } });
  });

  it('lists in the order of UTF-8 bytes, page by page', async () => {
    using rig = await rigged();
    await using store = rig.store;
    // U+FF41 comes before U+1F600 in UTF-8, and after its surrogates in UTF-16.
    const ordered = ['', 'A', 'Z', 'a', 'a\0', 'a\0b', 'aa', 'b', 'é', 'ａ', '😀'];
    for (const id of ordered.toReversed()) await store.commit([put(at(id), id, 0)]);
    await store.commit([put(at('aaa', 'elsewhere'), 1, 0)]);
    const all = await store.list('setting', SCOPE, { limit: 100 });
    const pages: string[][] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.list('setting', SCOPE, { limit: 4, ...(after !== undefined && { after }) });
      pages.push(page.map(({ id }) => id));
      after = page.at(-1)?.id;
      if (page.length < 4) break;
    }

    expect(all.map(({ id }) => id)).toStrictEqual(ordered);
    expect(pages).toStrictEqual([ordered.slice(0, 4), ordered.slice(4, 8), ordered.slice(8)]);
    expect(await store.list('setting', SCOPE, { limit: 2, after: 'aZ' })).toMatchObject([
      { id: 'aa' },
      { id: 'b' },
    ]);
  });

  it('finds what belongs to an owner, as the last put said', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([
      put(at('1'), 1, 0, { owner: 'ann' }),
      put(at('2'), 1, 0, { owner: 'bob' }),
      put(at('3'), 1, 0, { owner: 'ann' }),
      put(at('4'), 1, 0),
      put(at('5'), 1, 0, { owner: '' }),
      put(at('1', 'elsewhere'), 1, 0, { owner: 'ann' }),
    ]);
    await store.commit([put(at('2'), 2, 1, { owner: 'ann' }), put(at('3'), 2, 1)]);
    const ids = async (owner: string, after?: string) =>
      (await store.list('setting', SCOPE, { owner, limit: 9, ...(after !== undefined && { after }) })).map(
        ({ id }) => id,
      );

    expect(await ids('ann')).toStrictEqual(['1', '2']);
    expect(await ids('ann', '1')).toStrictEqual(['2']);
    expect(await ids('bob')).toStrictEqual([]);
    expect(await ids('')).toStrictEqual(['5']);
    expect(await store.count('setting', SCOPE)).toBe(5);
    expect(await store.count('setting', SCOPE, 'ann')).toBe(2);
    expect(await store.count('setting', 'elsewhere', 'ann')).toBe(1);
  });

  it('finds what is due in every scope, the longest overdue first', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([
      put(at('b'), 1, 0, { dueMs: 2_000 }),
      put(at('a'), 1, 0, { dueMs: 2_000 }),
      put(at('c', 'elsewhere'), 1, 0, { dueMs: 1_000 }),
      put(at('d'), 1, 0, { dueMs: 3_000 }),
      put(at('e'), 1, 0),
      put(at('f'), 1, 0, { dueMs: 0 }),
      { do: 'put', kind: 'key', address: at('k'), body: keyRecord('k'), expect: 0, index: { dueMs: 500 } },
    ]);
    const ids = async (untilMs: number, limit = 9) =>
      (await store.due('setting', untilMs, limit)).map(({ id }) => id);

    expect(await ids(-1)).toStrictEqual([]);
    expect(await ids(2_000)).toStrictEqual(['f', 'c', 'a', 'b']);
    expect(await ids(2_000, 3)).toStrictEqual(['f', 'c', 'a']);
    expect(await ids(2_999)).toStrictEqual(['f', 'c', 'a', 'b']);
    expect(await store.nextDueMs('setting')).toBe(0);
    await store.commit([put(at('f'), 2, 1), remove(at('c', 'elsewhere'), 1)]);
    expect(await store.nextDueMs('setting')).toBe(2_000);
    expect(await store.nextDueMs('key')).toBe(500);
  });

  it('knows every scope of a kind', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit(['b', '', 'a/1', 'é', 'a/1'].map((scope, id) => put(at(`${id}`, scope), 1, 0)));
    await store.commit([remove(at('3', 'é'), 1)]);

    expect(await store.scopes('setting')).toStrictEqual(['', 'a/1', 'b']);
    expect(await store.scopes('alias')).toStrictEqual([]);
  });

  it.for([
    { what: '130 000 characters', text: 'x'.repeat(130_000) },
    { what: '130 000 bytes of characters beyond ASCII', text: '😀é'.repeat(21_000) },
    { what: 'quotes, control characters and nothing', text: `'"\\;--\0\u0001\u2028\n` },
    { what: 'half of a character', text: 'a\ud800b' },
    { what: 'what looks like a number', text: '0123e9' },
  ])('keeps a body with $what', async ({ text }) => {
    using rig = await rigged();
    await using store = rig.store;
    const body = { [text]: [text, { [text]: null }], n: 1.5e300 };
    await store.commit([{ do: 'put', kind: 'setting', address: at('a'), body, expect: 0 }]);

    expect((await store.get('setting', at('a')))?.body).toStrictEqual(body);
    expect((await store.list('setting', SCOPE, { limit: 1 }))[0]?.body).toStrictEqual(body);
  });

  it.for(["'", '"', '\0', 'a\0', '\n', '%_', '\u2028', '\u{10ffff}', '123', '-0', 'x'.repeat(2_048), ''])(
    'keeps a record in the scope and under the id %j',
    async (text) => {
      using rig = await rigged();
      await using store = rig.store;
      await store.commit([put(at(text, text), text, 0, { owner: text }), put(at(`${text}x`, text), 'x', 0)]);

      expect(await store.get('setting', at(text, text))).toMatchObject({
        scope: text,
        id: text,
        body: { value: text },
      });
      expect(await store.list('setting', text, { limit: 2, owner: text })).toHaveLength(1);
      expect(await store.scopes('setting')).toStrictEqual([text]);
    },
  );

  it('never mistakes the end of a scope for the start of an id', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put({ scope: 'ab', id: 'c' }, 1, 0), put({ scope: 'a', id: 'bc' }, 2, 0)]);

    expect(await store.get('setting', { scope: 'ab', id: 'c' })).toMatchObject({ body: { value: 1 } });
    expect(await store.get('setting', { scope: 'a', id: 'bc' })).toMatchObject({ body: { value: 2 } });
  });

  it.for([
    { what: 'one record twice', changes: [put(at('a'), 1, 0), check(at('a'), 1)], says: "setting 'a' of '" },
    { what: 'half of a character as id', changes: [put(at('\ud800'), 1, 0)], says: 'well-formed' },
    { what: 'half of a character as scope', changes: [remove(at('a', '\ud800'), 1)], says: 'well-formed' },
    {
      what: 'half of a character as owner',
      changes: [put(at('a'), 1, 0, { owner: '\udfff' })],
      says: 'owner of',
    },
    { what: 'half a millisecond', changes: [put(at('a'), 1, 0, { dueMs: 0.5 })], says: 'due at 0.5' },
    {
      what: 'never as a number',
      changes: [put(at('a'), 1, 0, { dueMs: Infinity })],
      says: 'due at Infinity',
    },
  ])('takes a commit with $what for a bug', async ({ changes, says }) => {
    using rig = await rigged();
    await using store = rig.store;
    const outcome = store.commit(changes);

    await expect(outcome).rejects.toThrow(Bug);
    await expect(outcome).rejects.toThrow(says);
    expect(await store.count('setting', SCOPE)).toBe(0);
  });

  it('takes a commit without changes', async () => {
    using rig = await rigged();
    await using store = rig.store;

    await expect(store.commit([])).resolves.toBeUndefined();
  });

  it('keeps a copy that neither the writer nor a reader can change', async () => {
    using rig = await rigged();
    await using store = rig.store;
    const list = ['kept'];
    const body = { list, absent: undefined };
    await store.commit([{ do: 'put', kind: 'setting', address: at('a'), body, expect: 0 }]);
    list.push('added later');
    const found = await store.get('setting', at('a'));
    const frozen = found?.body ?? {};

    expect(frozen).toStrictEqual({ list: ['kept'] });
    expect(() => (frozen['list'] as string[]).push('mine')).toThrow(TypeError);
    expect(() => Object.assign(found ?? {}, { revision: 7 })).toThrow(TypeError);
    expect(Object.isFrozen(list)).toBe(false);
  });

  it('peeks at what get would answer, or says that it does not know', async () => {
    using rig = await rigged();
    await using store = rig.store;
    expect(['unknown', undefined]).toContain(store.peek('setting', at('a')));
    await store.get('setting', at('a'));
    expect(store.peek('setting', at('a'))).toBeUndefined();
    const committing = store.commit([put(at('a'), 'one', 0)]);
    await committing;
    expect(store.peek('setting', at('a'))).toMatchObject({ revision: 1, body: { value: 'one' } });
    expect(await store.get('setting', at('a'))).toBe(store.peek('setting', at('a')));
  });

  it('shows a lazy write at once, whoever asks', async () => {
    using rig = await rigged();
    await using store = rig.store;
    store.later('usage', at('k'), usage('Encrypt', 1));
    const first = await store.get('usage', at('k'));
    store.later('usage', at('k'), usage('Decrypt', 2));

    expect(first).toMatchObject({ revision: 1, body: { operation: 'Encrypt', atMs: 1 } });
    expect(await store.get('usage', at('k'))).toMatchObject({
      revision: 1,
      body: { operation: 'Decrypt', atMs: 2 },
    });
    expect(await store.list('usage', SCOPE, { limit: 9 })).toMatchObject([
      { body: { operation: 'Decrypt' } },
    ]);
    expect(await store.count('usage', SCOPE)).toBe(1);
    expect(await store.scopes('usage')).toStrictEqual([SCOPE]);
  });

  it('lets nobody conflict with a lazy write', async () => {
    using rig = await rigged();
    await using store = rig.store;
    const body = usage('Encrypt');
    await store.commit([
      { do: 'put', kind: 'usage', address: at('k'), body, expect: 0, index: { dueMs: 5 } },
    ]);
    store.later('usage', at('k'), usage('Decrypt'));
    expect(await store.due('usage', 5, 9)).toMatchObject([{ revision: 1, body: { operation: 'Decrypt' } }]);
    store.later('usage', at('k'), usage('ReEncrypt'));
    await store.commit([{ do: 'delete', kind: 'usage', address: at('k'), expect: 1 }]);

    expect(await store.get('usage', at('k'))).toBeUndefined();
    expect(await store.count('usage', SCOPE)).toBe(0);
    store.later('usage', at('k'), usage('Encrypt'));
    expect(await store.get('usage', at('k'))).toMatchObject({ revision: 1 });
  });

  it('keeps a lazy write that comes while its record is being replaced', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.get('usage', at('k'));
    const committing = store.commit([
      { do: 'put', kind: 'usage', address: at('k'), body: usage('Encrypt'), expect: 0 },
    ]);
    store.later('usage', at('k'), usage('Decrypt'));
    await committing;

    expect(await store.get('usage', at('k'))).toMatchObject({ revision: 1, body: { operation: 'Decrypt' } });
    expect(await store.list('usage', SCOPE, { limit: 9 })).toMatchObject([
      { body: { operation: 'Decrypt' } },
    ]);
  });

  it('removes everything on a reset, and goes on', async () => {
    using rig = await rigged();
    await using store = rig.store;
    await store.commit([put(at('a'), 1, 0, { dueMs: 1, owner: 'o' })]);
    store.later('usage', at('k'), usage('Encrypt'));
    await Promise.all([
      store.commit([put(at('b'), 1, 0)]),
      store.reset(),
      store.commit([put(at('c'), 1, 0)]),
    ]);

    expect(await store.get('setting', at('a'))).toBeUndefined();
    expect(await store.get('usage', at('k'))).toBeUndefined();
    expect(await store.nextDueMs('setting')).toBeUndefined();
    expect(await store.list('setting', SCOPE, { limit: 9 })).toMatchObject([{ id: 'c', revision: 1 }]);
  });

  it('does nothing any more once it is closed', async () => {
    using rig = await rigged();
    const { store } = rig;
    await store.commit([put(at('a'), 1, 0)]);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    store.later('usage', at('k'), usage('Encrypt'));

    await expect(store.get('setting', at('a'))).rejects.toThrow(StoreFailure);
    await expect(store.list('setting', SCOPE, { limit: 1 })).rejects.toThrow('is closed');
    await expect(store.commit([put(at('a'), 2, 1)])).rejects.toThrow(StoreFailure);
    await expect(store.reset()).rejects.toThrow(StoreFailure);
    expect(store.peek('setting', at('a'))).toBe('unknown');
  });

  it('behaves as a plain map does, whatever is done to it', { timeout: 120_000 }, async () => {
    await checkAgainstModel(rigged);
  });
}

async function memoryRig(): Promise<Rig> {
  return { store: new MemoryStore(), [Symbol.dispose]: () => undefined };
}

async function sqliteRig(options: { cacheChars?: number; lazyMs?: number }): Promise<Rig> {
  const folder = new StoreFolder();
  const store = await folder.open(options);
  return { store, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
