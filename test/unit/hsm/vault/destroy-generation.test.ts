import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';
import { SYMMETRIC } from '../../../../src/domain/key/key-specs.ts';
import type { KeyVault, MaterialKind } from '../../../../src/domain/ports/key-vault.ts';
import type { RecordStore } from '../../../../src/domain/ports/record-store.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { findOrphans } from '../../../../src/hsm/vault/abandoned-keys.ts';
import { destroyGeneration, planDestruction } from '../../../../src/hsm/vault/destroy-generation.ts';
import {
  makeGeneration,
  planFirst,
  planNext,
  planRestored,
  readDomain,
} from '../../../../src/hsm/vault/domain-keys.ts';
import { rewrapAll } from '../../../../src/hsm/vault/rewrap-all.ts';
import { AAD, context, TEXT } from '../../../support/key-vault-contract.ts';
import { domainRig, entropy } from './domain-rig.ts';

const SECRETS = [1, 2].map((number) => ({ number, secret: randomBytes(32) }));
const older: KeyVault = new SoftwareVault({ entropy, generations: SECRETS.slice(0, 1) });
const both: KeyVault = new SoftwareVault({ entropy, generations: SECRETS });
const newest: KeyVault = new SoftwareVault({ entropy, generations: SECRETS.slice(1) });
const ACCOUNT = '111122223333';
const KEY_ID = '00000000-0000-4000-8000-000000000001';
const KEY = { account: ACCOUNT, keyId: KEY_ID };
const ADDRESS = { scope: `${ACCOUNT}/eu-west-1`, id: KEY_ID };
const RECORD = {
  ...KEY,
  region: 'eu-west-1',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
  state: 'Enabled',
  createdMs: 0,
  description: '',
  policy: '{}',
  tags: [],
  rotation: { enabled: false, periodDays: 365, onDemandCount: 0 },
} as const;

/** A domain of two generations, and a key that the first one wrapped. */
async function rigOf(kind: MaterialKind = SYMMETRIC) {
  const rig = domainRig();
  const { store, work } = rig;
  await makeGeneration(work, await planFirst(store, entropy), 'token');
  const made = await older.create(KEY, kind, context());
  await putKey(store, [{ materialId: made.materialId, token: made.token }]);
  await makeGeneration(work, await planNext(store), 'token');
  const label = (await readDomain(store))?.body.generations[0]?.label ?? '';
  return { ...rig, made, label };
}

async function putKey(
  store: RecordStore,
  materials: readonly { readonly materialId: string; readonly token: Uint8Array }[],
): Promise<void> {
  const body: KeyRecord = {
    ...RECORD,
    materials: materials.map(({ materialId, token }) => ({
      materialId,
      token: Buffer.from(token).toString('base64'),
      createdMs: 0,
    })),
  };
  await store.commit([{ do: 'put', kind: 'key', address: ADDRESS, body, expect: 0 }]);
}

async function wrapAgain(store: RecordStore): Promise<void> {
  const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => performance.now() };
  const { signal } = new AbortController();
  await rewrapAll({ store, vault: both, clock, pause: () => Promise.resolve(), signal });
}

describe('a generation that nothing needs', () => {
  it('goes from the token, its record says when, and what it once wrapped still decrypts', async () => {
    const { store, work, token, made, label } = await rigOf();
    const message = await older.encrypt({ ...KEY, ...made }, { plaintext: TEXT, aad: () => AAD }, context());
    await wrapAgain(store);

    const outcome = await destroyGeneration(work, await planDestruction(store, 1));
    expect(outcome).toEqual({ destroyedKeys: 3 });
    expect(token.labels.has(label)).toBe(false);
    expect(token.labels.size).toBe(1);
    expect((await readDomain(store))?.body).toMatchObject({
      current: 2,
      generations: [
        { number: 1, label, retiredMs: 1_800_000_000_000, destroyedMs: 1_700_000_000_000 },
        { number: 2 },
      ],
    });
    const record = await store.get('key', ADDRESS);
    const stored = Buffer.from(record?.body.materials[0]?.token ?? '', 'base64');
    const key = { ...KEY, materialId: made.materialId, token: stored };
    expect(await newest.decrypt(key, { ...message, aad: AAD }, context())).toEqual(TEXT);
  });

  it('is ended once more after a crash between token and record', async () => {
    const { store, work, token, label } = await rigOf();
    await wrapAgain(store);
    token.labels.delete(label);

    expect(await destroyGeneration(work, await planDestruction(store, 1))).toEqual({ destroyedKeys: 0 });
    expect((await readDomain(store))?.body.generations[0]?.destroyedMs).toBe(1_700_000_000_000);
  });

  it('leaves its number to nobody, and counts as retired even if no run has said so', async () => {
    const { store, work } = await rigOf();
    await store.commit([{ do: 'delete', kind: 'key', address: ADDRESS, expect: 1 }]);
    await destroyGeneration(work, await planDestruction(store, 1));

    expect((await planNext(store)).number).toBe(3);
    expect((await readDomain(store))?.body.generations[0]?.retiredMs).toBe(1_700_000_000_000);
  });

  it('may come back from shares, and is then looked for again', async () => {
    const { store, work, label } = await rigOf();
    await wrapAgain(store);
    await destroyGeneration(work, await planDestruction(store, 1));
    const labels = [label];
    expect(await findOrphans(store, { token: 'soft', labels })).toEqual([
      { token: 'soft', label, kind: 'unknown' },
    ]);
    const domainId = (await readDomain(store))?.body.domainId ?? '';
    const plan = await planRestored(store, { domainId, generation: 1 });
    await makeGeneration(work, plan, { secret: randomBytes(32), shares: 3, threshold: 2 });

    const restored = (await readDomain(store))?.body.generations[0];
    expect(restored).toMatchObject({ number: 1, copies: { shares: 3, threshold: 2 } });
    expect(restored).not.toHaveProperty('destroyedMs');
    expect(await findOrphans(store, { token: 'soft', labels })).toEqual([]);
  });
});

describe('a generation is not destroyed', () => {
  it.for([
    { what: 'that wraps', number: 2, says: 'generation 2 is the one that wraps; domain rotate makes' },
    { what: 'that there is not', number: 7, says: /^denied: domain [0-9a-f]{32} has no generation 7$/ },
    { what: 'that a key is wrapped with', number: 1, says: `key ${KEY_ID} in ${ADDRESS.scope} is still` },
  ])('$what', async ({ number, says }) => {
    const { store } = await rigOf();
    await expect(planDestruction(store, number)).rejects.toMatchObject({ code: 'denied' });
    await expect(planDestruction(store, number)).rejects.toThrow(says);
  });

  it('that several keys are wrapped with, and their number is told', async () => {
    const { store } = await rigOf();
    const record = await store.get('key', ADDRESS);
    const address = { scope: `${ACCOUNT}/us-east-1`, id: KEY_ID };
    const body = record?.body as KeyRecord;
    await store.commit([{ do: 'put', kind: 'key', address, body, expect: 0 }]);

    await expect(planDestruction(store, 1)).rejects.toThrow('2 keys are, such as key');
  });

  it('that one of several materials of a key is wrapped with', async () => {
    const { store, made } = await rigOf();
    await store.commit([{ do: 'delete', kind: 'key', address: ADDRESS, expect: 1 }]);
    const young = await both.create(KEY, SYMMETRIC, context());
    await putKey(store, [young, made]);

    await expect(planDestruction(store, 1)).rejects.toMatchObject({ code: 'denied' });
  });

  it('while a key does not tell what it needs', async () => {
    const { store } = await rigOf();
    await store.commit([{ do: 'delete', kind: 'key', address: ADDRESS, expect: 1 }]);
    await putKey(store, [{ materialId: 'ab'.repeat(32), token: randomBytes(160).fill(0) }]);

    await expect(planDestruction(store, 1)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('does not tell which generation it needs'),
    });
  });

  it('on another token than that of the engine', async () => {
    const { store, work, token } = await rigOf();
    await wrapAgain(store);
    const doomed = await planDestruction(store, 1);

    await expect(destroyGeneration({ ...work, tokenName: 'other' }, doomed)).rejects.toThrow(
      "generation 1 is on token soft, and the engine's token is other",
    );
    expect(token.labels.size).toBe(2);
  });

  it('in a store without a domain', async () => {
    await expect(planDestruction(domainRig().store, 1)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a seed that an older generation sealed', () => {
  it('is wrapped again with its key, so that the generation is free', async () => {
    const { store, work } = await rigOf({ spec: 'ML_DSA_44', usage: 'SIGN_VERIFY' });
    await expect(planDestruction(store, 1)).rejects.toMatchObject({ code: 'denied' });
    await wrapAgain(store);

    expect(await destroyGeneration(work, await planDestruction(store, 1))).toEqual({ destroyedKeys: 3 });
  });
});
