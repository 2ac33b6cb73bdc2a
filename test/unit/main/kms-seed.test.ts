/** The seed of a running engine: at its start, while its token is not ready, and after a reset. */

import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import { SYMMETRIC } from '../../../src/domain/key/key-specs.ts';
import type { SeedKey } from '../../../src/domain/key/seed-key.ts';
import type { KeyVault } from '../../../src/domain/ports/key-vault.ts';
import { StoreFailure } from '../../../src/domain/ports/record-store.ts';
import { SoftwareVault } from '../../../src/hsm/software/software-vault.ts';
import { KmsFace } from '../../../src/main-kms.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';

const SCOPE = { account: '111122223333', region: 'eu-west-1' };
const PLACE = '111122223333/eu-west-1';
const KEY: SeedKey = {
  ...SCOPE,
  keyId: '11111111-2222-3333-4444-555555555555',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  aliases: ['alias/a'],
  description: '',
  tags: [],
  enabled: true,
};
const ENTROPY = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };

/** A face over `store`; its vault says that it is a token, and is ready when `ready` says so. */
function start(store: MemoryStore, { ready = (): boolean => true, allowClockControl = true } = {}) {
  const software = new SoftwareVault({ entropy: ENTROPY });
  const create: KeyVault['create'] = async (key) => {
    if (!ready()) throw new HsmFault('unavailable', 'no host is ready');
    return software.create(key, SYMMETRIC);
  };
  const vault = Object.assign(Object.create(software), { kind: 'token', create }) as KeyVault;
  const limits = { keys: 10, aliasesPerKey: 10, onDemandRotations: 10 };
  return KmsFace.start({
    config: { access: { mode: 'open', credentials: [] }, allowClockControl, limits, seed: [KEY] },
    store,
    vault,
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    entropy: ENTROPY,
    log: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
    meter: { kmsRequest: vi.fn() },
  });
}

it('is sown once the token is ready, and until then the engine waits for it', async () => {
  const store = new MemoryStore();
  let ready = false;
  await using face = await start(store, { ready: () => ready });
  await vi.waitFor(() =>
    expect(face.waitsFor).toBe('the seed of the KMS engine has not been sown: unavailable: no host is ready'),
  );
  ready = true;

  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined(), { timeout: 5_000 });
  expect(await store.count('key', PLACE)).toBe(1);
});

it('can be seen by the operator, with where it works', async () => {
  const store = new MemoryStore();
  await using face = await start(store);
  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined(), { timeout: 5_000 });

  expect(await face.viewKeys(KEY.keyId)).toMatchObject([
    {
      arn: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555',
      materials: [{ current: true, generation: 1 }],
      algorithms: [{ algorithm: 'SYMMETRIC_DEFAULT', worksIn: 'token' }],
    },
  ]);
});

it('ends with the engine when the token never becomes ready', async () => {
  const face = await start(new MemoryStore(), { ready: () => false });

  await face[Symbol.asyncDispose]();
  expect(face.waitsFor).toContain('has not been sown');
});

it('keeps the engine from starting when it contradicts the store', async () => {
  const store = new MemoryStore();
  const alias = { ...SCOPE, name: 'alias/a', targetKeyId: 'other', createdMs: 0, updatedMs: 0 };
  const address = { scope: PLACE, id: 'alias/a' };
  await store.commit([{ do: 'put', kind: 'alias', address, body: alias, expect: 0 }]);

  await expect(start(store)).rejects.toThrow(
    'arn:aws:kms:eu-west-1:111122223333:alias/a leads to arn:aws:kms:eu-west-1:111122223333:key/other, and the seed has it lead to arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555',
  );
});

it('is sown again by a reset', async () => {
  const store = new MemoryStore();
  await using face = await start(store);
  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined());
  const address = { scope: PLACE, id: KEY.keyId };
  const before = await store.get('key', address);

  expect(await face.reset()).toEqual({ problems: [] });
  const after = await store.get('key', address);
  expect(after?.body.keyId).toBe(KEY.keyId);
  expect(after?.body.currentMaterialId).not.toBe(before?.body.currentMaterialId);
});

it('is sown later where a reset finds the token away', async () => {
  const store = new MemoryStore();
  let ready = true;
  await using face = await start(store, { ready: () => ready });
  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined());
  ready = false;

  expect(await face.reset()).toEqual({
    problems: ['everything was removed, and the seed is sown later: unavailable: no host is ready'],
  });
  expect(await store.count('key', PLACE)).toBe(0);
  ready = true;
  await vi.waitFor(async () => expect(await store.count('key', PLACE)).toBe(1), { timeout: 5_000 });
});

it('stays as it is where nothing may be reset', async () => {
  const store = new MemoryStore();
  await using face = await start(store, { allowClockControl: false });
  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined());

  expect((await face.reset()).problems).toHaveLength(1);
  expect(await store.count('key', PLACE)).toBe(1);
});

it('is sown by a reset that a call under way gets in between of', async () => {
  const store = new MemoryStore();
  await using face = await start(store);
  await vi.waitFor(() => expect(face.waitsFor).toBeUndefined());
  const address = { scope: PLACE, id: KEY.keyId };
  const list = store.list.bind(store);
  vi.spyOn(store, 'list').mockImplementationOnce(async (...asked) => {
    const found = await list(...asked);
    const alias = await store.get('alias', { scope: PLACE, id: 'alias/a' });
    await store.commit(
      alias === undefined
        ? []
        : [{ do: 'put', kind: 'alias', address: alias, body: alias.body, expect: alias.revision }],
    );
    return found;
  });

  expect(await face.reset()).toEqual({ problems: [] });
  expect((await store.get('key', address))?.revision).toBe(1);
});

it('is given up, with a reason, when the store cannot take it', async () => {
  const store = new MemoryStore();
  vi.spyOn(store, 'commit').mockRejectedValue(new StoreFailure('the disk is full'));
  await using face = await start(store);

  await vi.waitFor(() =>
    expect(face.waitsFor).toBe('the seed of the KMS engine has not been sown: the disk is full'),
  );
});

it('is given up with as much of a reason as there is', async () => {
  const store = new MemoryStore();
  vi.spyOn(store, 'commit').mockRejectedValue('something odd');
  await using face = await start(store);

  await vi.waitFor(() => expect(face.waitsFor).toContain('has not been sown: unknown'));
});
