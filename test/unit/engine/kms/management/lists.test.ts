import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import type { ListAliasesResponse } from '../../../../../src/domain/kms/api/responses.ts';
import type { KmsCall } from '../../../../../src/domain/kms/caller.ts';
import { ACCOUNT, callBy, faultOf, OTHER_ACCOUNT, REGION, Rig } from '../rig.ts';

type Page = { readonly truncated?: boolean; readonly nextMarker?: string };
type List = (rig: Rig, at: { limit?: number; marker?: string }, call?: KmsCall) => Promise<Page>;

const INVALID_MARKER = { code: 'InvalidMarkerException', detail: undefined };

describe('pages of keys', () => {
  it('hold a thousand keys, each once, in as many pages as it takes', async () => {
    const rig = new Rig();
    const keys = await Promise.all(Array.from({ length: 1000 }, () => rig.newKey()));
    const expected = keys.map(({ id, arn }) => ({ keyId: id, keyArn: arn })).sort(byKeyId);
    const found = [];
    const sizes = [];
    for (let marker: string | undefined, more = true; more; ) {
      const page = await rig.run('ListKeys', { limit: 300, ...(marker !== undefined && { marker }) });
      found.push(...(page.keys ?? []));
      sizes.push(page.keys?.length);
      marker = page.nextMarker;
      more = page.truncated === true;
    }
    expect(found).toEqual(expected);
    expect(sizes).toEqual([300, 300, 300, 100]);
    expect((await rig.run('ListKeys', {})).keys).toEqual(expected.slice(0, 100));
    expect(await rig.run('ListKeys', { limit: 1000 })).toEqual({ keys: expected, truncated: false });
  });

  it('have a marker exactly when there is more', async () => {
    const rig = new Rig();
    await rig.newKey();
    await rig.newKey();
    const whole = await rig.run('ListKeys', { limit: 2 });
    expect(Object.keys(whole)).toEqual(['keys', 'truncated']);
    const half = await rig.run('ListKeys', { limit: 1 });
    expect(half).toMatchObject({ truncated: true, nextMarker: expect.stringMatching(/^[\w-]{1,1024}$/) });
  });

  it('go on behind a key that is gone by then', async () => {
    const rig = new Rig();
    const keys = await Promise.all(Array.from({ length: 3 }, () => rig.newKey()));
    const [first, ...rest] = keys.map(({ id }) => id).toSorted();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    const { scope, id, revision } = await rig.record(first as string);
    await rig.store.commit([{ do: 'delete', kind: 'key', address: { scope, id }, expect: revision }]);
    const page = await rig.run('ListKeys', { marker: nextMarker as string });
    expect(page.keys?.map(({ keyId }) => keyId)).toEqual(rest);
  });

  it('are those of the account in the Region', async () => {
    const rig = new Rig();
    await rig.newKey(callBy({ account: OTHER_ACCOUNT }));
    await rig.newKey(callBy({ region: 'us-east-1' }));
    const { id } = await rig.newKey();
    expect((await rig.run('ListKeys', {})).keys).toEqual([
      { keyId: id, keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}` },
    ]);
  });
});

describe('limits of pages', () => {
  it('ListAliases gives 50 unless it is asked, and 100 at most', async () => {
    const rig = new Rig();
    const keys = await Promise.all(Array.from({ length: 3 }, () => rig.newKey()));
    for (let at = 0; at < 120; at += 1) {
      await rig.addAlias(`alias/${String(at).padStart(3, '0')}`, keys[at % 3]?.id as string);
    }
    expect((await rig.run('ListAliases', {})).aliases).toHaveLength(50);
    const page = await rig.run('ListAliases', { limit: 1000 });
    expect(page.aliases).toHaveLength(100);
    const rest = await rig.run('ListAliases', { limit: 1000, marker: page.nextMarker as string });
    expect(rest.aliases?.[0]?.aliasName).toBe('alias/100');
    expect(rest).toMatchObject({ truncated: false });
    expect(rest.aliases).toHaveLength(20);
  });

  it('of any size make up the whole list', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9/_-]{1,20}$/);
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 31 }), async (all, limit) => {
        const rig = new Rig();
        const { id } = await rig.newKey();
        for (const each of all) await rig.addAlias(`alias/${each}`, id);
        const found: string[] = [];
        for (let at: { marker?: string } | undefined = {}; at !== undefined; ) {
          const page: ListAliasesResponse = await rig.run('ListAliases', { limit, ...at });
          found.push(...(page.aliases ?? []).map(({ aliasName }) => aliasName as string));
          at = page.nextMarker === undefined ? undefined : { marker: page.nextMarker };
        }
        expect(found).toEqual(all.map((each) => `alias/${each}`).toSorted());
      }),
      { numRuns: 40 },
    );
  });

  it('ListAliases of a key has pages of its own', async () => {
    const rig = new Rig();
    const [one, two] = [await rig.newKey(), await rig.newKey()];
    for (const name of ['alias/a', 'alias/c', 'alias/e']) await rig.addAlias(name, one.id);
    for (const name of ['alias/b', 'alias/d']) await rig.addAlias(name, two.id);
    const page = await rig.run('ListAliases', { keyId: one.id, limit: 2 });
    const rest = await rig.run('ListAliases', { keyId: one.arn, marker: page.nextMarker as string });
    const names = [...(page.aliases ?? []), ...(rest.aliases ?? [])].map(({ aliasName }) => aliasName);
    expect(names).toEqual(['alias/a', 'alias/c', 'alias/e']);
  });

  it('ListResourceTags gives 50 at most, in the order of their keys', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const tags = ['b', 'B', 'é', 'a'].map((tagKey) => ({ tagKey, tagValue: '' }));
    await rig.run('TagResource', { keyId: id, tags });
    const page = await rig.run('ListResourceTags', { keyId: id, limit: 3 });
    expect(page.tags?.map(({ tagKey }) => tagKey)).toEqual(['B', 'a', 'b']);
    const rest = await rig.run('ListResourceTags', {
      keyId: id,
      limit: 1000,
      marker: page.nextMarker as string,
    });
    expect(rest).toEqual({ tags: [{ tagKey: 'é', tagValue: '' }], truncated: false });
  });
});

describe('markers', () => {
  test.for([
    { of: 'control characters', char: '\u0001' },
    { of: 'halves of surrogate pairs', char: '\ud800' },
    { of: 'characters of three bytes', char: '€' },
  ])('are short enough to come back after 128 $of', async ({ char }) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const keys = [char.repeat(128), char.repeat(127)];
    await rig.alter(id, { tags: keys.map((key) => ({ key, value: '' })) });
    const { nextMarker } = await rig.run('ListResourceTags', { keyId: id, limit: 1 });
    expect(nextMarker).toMatch(/^[\w-]{1,1024}$/);
    const rest = await rig.run('ListResourceTags', { keyId: id, limit: 1, marker: nextMarker as string });
    expect(rest.tags).toEqual([{ tagKey: char.repeat(128), tagValue: '' }]);
  });

  const LISTS: Record<string, List> = {
    ListKeys: (rig, at, call) => rig.run('ListKeys', at, call),
    ListAliases: (rig, at, call) => rig.run('ListAliases', at, call),
    'ListAliases of a key': async (rig, at, call) =>
      rig.run('ListAliases', { ...at, keyId: await firstKey(rig, call) }, call),
    ListResourceTags: async (rig, at, call) =>
      rig.run('ListResourceTags', { ...at, keyId: await firstKey(rig, call) }, call),
  };
  const names = Object.keys(LISTS);
  const pairs = names.flatMap((from) => names.map((to) => ({ from, to })).filter(({ to }) => to !== from));

  test.for(pairs)('of $from do not serve $to', async ({ from, to }) => {
    const rig = await filledRig();
    const { nextMarker } = await (LISTS[from] as List)(rig, { limit: 1 });
    expect(await faultOf((LISTS[to] as List)(rig, { marker: nextMarker as string }))).toEqual(INVALID_MARKER);
  });

  test.for([
    { what: 'account', call: callBy({ account: OTHER_ACCOUNT }) },
    { what: 'Region', call: callBy({ region: 'us-east-1' }) },
  ])('do not serve another $what', async ({ call }) => {
    const rig = await filledRig();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    expect(await faultOf(rig.run('ListKeys', { marker: nextMarker as string }, call))).toEqual(
      INVALID_MARKER,
    );
  });

  it('of one key do not serve another', async () => {
    const rig = await filledRig();
    const [one, two] = await rig.store.list('key', `${ACCOUNT}/${REGION}`, { limit: 2 });
    const tags = ['a', 'b'].map((tagKey) => ({ tagKey, tagValue: '' }));
    await rig.run('TagResource', { keyId: one?.id as string, tags });
    const page = await rig.run('ListResourceTags', { keyId: one?.id as string, limit: 1 });
    const asked = { keyId: two?.id as string, marker: page.nextMarker as string };
    expect(await faultOf(rig.run('ListResourceTags', asked))).toEqual(INVALID_MARKER);
  });

  it('with any bit changed are refused', async () => {
    const rig = await filledRig();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    const sealed = Buffer.from(nextMarker as string, 'base64url');
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      const marker = altered.toString('base64url');
      expect(await faultOf(rig.run('ListKeys', { marker }))).toEqual(INVALID_MARKER);
    }
  });

  test.for([
    'x',
    'not a marker at all',
    'ü',
    'A'.repeat(1024),
    `${Buffer.from('["ListKeys","111122223333","eu-central-1","",""]').toString('base64url')}`,
  ])('like "%s" are refused by every list', async (marker) => {
    const rig = await filledRig();
    for (const list of Object.values(LISTS)) {
      expect(await faultOf(list(rig, { marker }))).toEqual(INVALID_MARKER);
    }
    const keyId = await firstKey(rig);
    expect(await faultOf(rig.run('ListKeyPolicies', { keyId, marker }))).toEqual(INVALID_MARKER);
  });

  it('with anything added are refused', async () => {
    const rig = await filledRig();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    for (const marker of [`${nextMarker}=`, `${nextMarker} `, `${nextMarker}AAAA`]) {
      expect(await faultOf(rig.run('ListKeys', { marker }))).toEqual(INVALID_MARKER);
    }
  });

  it('do not show what they say', async () => {
    const rig = await filledRig();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    const text = Buffer.from(nextMarker as string, 'base64url').toString('latin1');
    expect(text).not.toContain('ListKeys');
    expect(text).not.toContain(ACCOUNT);
  });

  it('that the vault cannot open at the moment are no fault of theirs', async () => {
    const rig = await filledRig();
    const { nextMarker } = await rig.run('ListKeys', { limit: 1 });
    rig.vault.unseal = () => Promise.reject(new HsmFault('busy', 'the queue is full'));
    await expect(rig.run('ListKeys', { marker: nextMarker as string })).rejects.toMatchObject({
      name: 'HsmFault',
      code: 'busy',
    });
  });
});

/** Three keys with two aliases and two tags each, in every scope that the tests look at. */
async function filledRig(): Promise<Rig> {
  const rig = new Rig();
  for (const call of [callBy(), callBy({ account: OTHER_ACCOUNT }), callBy({ region: 'us-east-1' })]) {
    for (const at of [1, 2, 3]) {
      const { id } = await rig.newKey(call);
      const tags = ['a', 'b'].map((tagKey) => ({ tagKey, tagValue: '' }));
      await rig.run('TagResource', { keyId: id, tags }, call);
      for (const name of ['x', 'y']) {
        await rig.run('CreateAlias', { aliasName: `alias/${name}${at}`, targetKeyId: id }, call);
      }
    }
  }
  return rig;
}

async function firstKey(rig: Rig, call?: KmsCall): Promise<string> {
  const { keys } = await rig.run('ListKeys', { limit: 1 }, call);
  return keys?.[0]?.keyId as string;
}

function byKeyId(left: { readonly keyId: string }, right: { readonly keyId: string }): number {
  return left.keyId < right.keyId ? -1 : 1;
}
