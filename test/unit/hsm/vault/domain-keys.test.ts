import { describe, expect, it } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import { findOrphans } from '../../../../src/hsm/vault/abandoned-keys.ts';
import {
  makeGeneration,
  planFirst,
  planNext,
  planRestored,
  readDomain,
} from '../../../../src/hsm/vault/domain-keys.ts';
import { Crash, domainRig, entropy } from './domain-rig.ts';

const SHARED = { secret: new Uint8Array(32).fill(7), shares: 3, threshold: 2 };

describe('a domain', () => {
  it('begins with one generation on the token, of which there is no copy', async () => {
    const { work, store, token } = domainRig();
    const record = await makeGeneration(work, await planFirst(store, entropy), 'token');
    expect(record).toEqual({
      domainId: expect.stringMatching(/^[0-9a-f]{32}$/),
      current: 1,
      generations: [
        {
          number: 1,
          token: 'soft',
          label: `portcullis-domain-${record.domainId}-1`,
          createdMs: 1_700_000_000_000,
          copies: 'none',
        },
      ],
    });
    expect((await readDomain(store))?.body).toEqual(record);
    expect([...token.labels]).toEqual([record.generations[0]?.label]);
    expect(await store.count('intent', '')).toBe(0);
  });

  it('wraps under a new generation and keeps the older ones', async () => {
    const { work, store, token } = domainRig();
    await makeGeneration(work, await planFirst(store, entropy), 'token');
    const record = await makeGeneration(work, await planNext(store), SHARED);
    expect(record.current).toBe(2);
    expect(record.generations.map(({ number, copies }) => [number, copies])).toEqual([
      [1, 'none'],
      [2, { shares: 3, threshold: 2 }],
    ]);
    expect([...token.secrets.values()]).toEqual(['07'.repeat(32)]);
  });

  it('is made once, and has no next generation before its first', async () => {
    const { work, store } = domainRig();
    await expect(planNext(store)).rejects.toMatchObject({ code: 'not-found' });
    await makeGeneration(work, await planFirst(store, entropy), 'token');
    await expect(planFirst(store, entropy)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('ends its generations with number 65535', async () => {
    const { work, store } = domainRig();
    const first = await planFirst(store, entropy);
    await makeGeneration(work, { ...first, number: 65_535 }, 'token');
    await expect(planNext(store)).rejects.toMatchObject({ code: 'full' });
  });

  it('comes back from shares: into an empty store, or to another token', async () => {
    const { work, store } = domainRig();
    const of = { domainId: 'ab'.repeat(16), generation: 4 };
    await makeGeneration(work, await planRestored(store, of), SHARED);
    expect((await readDomain(store))?.body).toMatchObject({ domainId: of.domainId, current: 4 });
    const other = domainRig();
    const elsewhere = { ...work, token: other.token, tokenName: 'spare' };
    const record = await makeGeneration(elsewhere, await planRestored(store, of), SHARED);
    expect(record.generations).toMatchObject([{ number: 4, token: 'spare', createdMs: 1_700_000_000_000 }]);
    expect(record.generations).toHaveLength(1);
  });

  it('keeps its current generation when an older one comes back', async () => {
    const { work, store } = domainRig();
    await makeGeneration(work, await planFirst(store, entropy), SHARED);
    const { domainId } = await makeGeneration(work, await planNext(store), 'token');
    const { token } = domainRig();
    const elsewhere = { ...work, token, tokenName: 'spare' };
    const plan = await planRestored(store, { domainId, generation: 1 });
    const record = await makeGeneration(elsewhere, plan, SHARED);
    expect(record).toMatchObject({ current: 2, generations: [{ token: 'spare' }, { token: 'soft' }] });
  });

  it('takes no shares of another domain, or of a generation that it has not', async () => {
    const { work, store } = domainRig();
    const { domainId } = await makeGeneration(work, await planFirst(store, entropy), 'token');
    for (const of of [
      { domainId, generation: 2 },
      { domainId: 'ab'.repeat(16), generation: 1 },
    ])
      await expect(planRestored(store, of)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('is not made of keys that are on the token already, which stay there', async () => {
    const { work, store, token } = domainRig();
    const plan = await planFirst(store, entropy);
    token.labels.add(plan.label);
    await expect(makeGeneration(work, plan, 'token')).rejects.toMatchObject({ code: 'ambiguous' });
    expect(await store.count('intent', '')).toBe(0);
    token.labels.clear();
    token.before = () => void token.labels.add(plan.label);
    await expect(makeGeneration(work, plan, 'token')).rejects.toMatchObject({ code: 'ambiguous' });
    token.before = () => undefined;
    await makeGeneration(work, await planFirst(store, entropy), 'token');
    expect(token.labels).toContain(plan.label);
  });

  it('has one winner when two are made at once', async () => {
    const { work, store, token } = domainRig();
    const [one, other] = [await planFirst(store, entropy), await planFirst(store, entropy)];
    await makeGeneration(work, one, 'token');
    await expect(makeGeneration(work, other, 'token')).rejects.toMatchObject({ name: 'StoreConflict' });
    await makeGeneration(work, await planNext(store), 'token');
    expect(token.labels).not.toContain(other.label);
    expect(token.labels).toContain(one.label);
  });

  it('has no generation of keys that turn out unfit', async () => {
    const { work, store, token } = domainRig();
    const plan = await planFirst(store, entropy);
    token.after = () => {
      token.unfit = 'the registry key may verify';
    };
    await expect(makeGeneration(work, plan, 'token')).rejects.toMatchObject({ code: 'usage' });
    expect(await readDomain(store)).toBeUndefined();
  });
});

describe('what a crash leaves', () => {
  it.for([
    { when: 'before the keys are made', at: 'before', made: 0 },
    { when: 'after the keys are made', at: 'after', made: 1 },
  ] as const)('$when is an orphan by name, and gone after the next attempt', async ({ at, made }) => {
    const { work, store, token } = domainRig();
    const plan = await planFirst(store, entropy);
    token[at] = () => {
      throw new Crash();
    };
    await expect(makeGeneration(work, plan, 'token')).rejects.toThrow(Crash);
    const labels = [...token.labels, 'other key'];
    const found = await findOrphans(store, { token: 'soft', labels });
    expect(found).toEqual([{ token: 'soft', label: plan.label, kind: 'unfinished' }].slice(0, made));
    token[at] = () => undefined;
    const record = await makeGeneration(work, await planFirst(store, entropy), 'token');
    expect([...token.labels]).toEqual([record.generations[0]?.label]);
    expect(await findOrphans(store, { token: 'soft', labels: [...token.labels] })).toEqual([]);
    expect(await store.count('intent', '')).toBe(0);
  });

  it('on another token is left to whoever works on that one', async () => {
    const { work, store, token } = domainRig();
    token.after = () => {
      throw new HsmFault('unavailable', 'gone');
    };
    await expect(makeGeneration(work, await planFirst(store, entropy), 'token')).rejects.toThrow('gone');
    const other = domainRig();
    const elsewhere = { ...work, token: other.token, tokenName: 'spare' };
    await makeGeneration(elsewhere, await planFirst(store, entropy), 'token');
    expect(token.labels.size).toBe(1);
    expect(await store.count('intent', '')).toBe(1);
  });

  it('is told from keys that the store knows nothing of', async () => {
    const { store } = domainRig();
    const labels = ['portcullis-domain-x-1', 'portcullis-domain-x-1', 'health', 'portcullis-domain-a-1'];
    expect(await findOrphans(store, { token: 'soft', labels })).toEqual([
      { token: 'soft', label: 'portcullis-domain-a-1', kind: 'unknown' },
      { token: 'soft', label: 'portcullis-domain-x-1', kind: 'unknown' },
    ]);
  });
});
