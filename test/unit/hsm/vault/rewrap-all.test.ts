import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { KeyMaterial, KeyRecord } from '../../../../src/domain/key/key-record.ts';
import { SYMMETRIC } from '../../../../src/domain/key/key-specs.ts';
import type { KeyVault, VaultCiphertext } from '../../../../src/domain/ports/key-vault.ts';
import type { StoredRecord } from '../../../../src/domain/ports/record-store.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { makeGeneration, planFirst, planNext, readDomain } from '../../../../src/hsm/vault/domain-keys.ts';
import { rewrapAll } from '../../../../src/hsm/vault/rewrap-all.ts';
import type { MemoryStore } from '../../../../src/store/memory-store.ts';
import { AAD, context, TEXT } from '../../../support/key-vault-contract.ts';
import { Crash, domainRig, entropy } from './domain-rig.ts';

const generations = [1, 2].map((number) => ({ number, secret: randomBytes(32) }));
const older: KeyVault = new SoftwareVault({ entropy, generations: generations.slice(0, 1) });
const newer: KeyVault = new SoftwareVault({ entropy, generations });
const onlyNewest: KeyVault = new SoftwareVault({ entropy, generations: generations.slice(1) });
const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => performance.now() };

async function newKey(store: MemoryStore, number: number, changes: Partial<KeyRecord> = {}): Promise<Made> {
  const keyId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const account = '111122223333';
  const region = number % 2 === 0 ? 'eu-west-1' : 'us-east-1';
  const made = [];
  for (let version = 0; version < 1 + (number % 3); version += 1)
    made.push(await older.create({ account, keyId }, SYMMETRIC, context()));
  const materials = made.map(({ materialId, token }) => ({
    materialId,
    token: Buffer.from(token).toString('base64'),
    createdMs: 0,
  }));
  const body: KeyRecord = { ...RECORD, account, region, keyId, materials, ...changes };
  const address = { scope: `${account}/${region}`, id: keyId };
  await store.commit([{ do: 'put', kind: 'key', address, body, expect: 0 }]);
  const messages = await Promise.all(
    made.map((each) =>
      older.encrypt({ account, keyId, ...each }, { plaintext: TEXT, aad: () => AAD }, context()),
    ),
  );
  return { address, messages };
}

interface Made {
  readonly address: { readonly scope: string; readonly id: string };
  readonly messages: readonly VaultCiphertext[];
}

const RECORD = {
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

/** A store of so many keys in a domain of two generations, all keys under the first. */
async function rigOf(count: number) {
  const { store, work } = domainRig();
  await makeGeneration(work, await planFirst(store, entropy), 'token');
  const keys: Made[] = [];
  for (let number = 0; number < count; number += 1) keys.push(await newKey(store, number));
  await makeGeneration(work, await planNext(store), 'token');
  const pause = vi.fn(() => Promise.resolve());
  const rewrap = { store, vault: newer, clock, pause, signal: new AbortController().signal };
  return { store, keys, rewrap, pause };
}

async function generationsIn(store: MemoryStore, keys: readonly Made[]): Promise<number[]> {
  const records = await Promise.all(keys.map(({ address }) => store.get('key', address)));
  return records.flatMap((record) =>
    (record?.body.materials ?? []).map(({ token }) => newer.generationOf(Buffer.from(token, 'base64'))),
  );
}

async function allDecrypt(vault: KeyVault, store: MemoryStore, keys: readonly Made[]): Promise<void> {
  for (const { address, messages } of keys) {
    const body = (await store.get('key', address))?.body as KeyRecord;
    expect(body.materials).toHaveLength(messages.length);
    for (const [index, { materialId, token }] of body.materials.entries()) {
      const key = { ...body, materialId, token: Buffer.from(token, 'base64') };
      const message = { ...(messages[index] as VaultCiphertext), aad: AAD };
      expect(Buffer.from(await vault.decrypt(key, message, context())).equals(TEXT)).toBe(true);
    }
  }
}

describe('wrapping all keys again', () => {
  it('leaves nothing under the older generation, retires it, and everything decrypts', async () => {
    const { store, keys, rewrap, pause } = await rigOf(205);
    expect(await rewrapAll(rewrap)).toEqual({ keys: 205, rewrapped: 205, finished: true });
    expect(new Set(await generationsIn(store, keys))).toEqual(new Set([2]));
    await allDecrypt(onlyNewest, store, keys);
    const domain = await readDomain(store);
    expect(domain?.body.generations.map(({ retiredMs }) => retiredMs)).toEqual([
      1_800_000_000_000,
      undefined,
    ]);
    expect(pause).toHaveBeenCalledTimes(205);
  });

  it('goes on after a crash where it ended, and no key is lost on the way', async () => {
    const { store, keys, rewrap } = await rigOf(20);
    let left = 7;
    const crashing = vi.fn(async () => {
      left -= 1;
      if (left === 0) throw new Crash();
    });
    await expect(rewrapAll({ ...rewrap, pause: crashing })).rejects.toThrow(Crash);
    const counts = (await generationsIn(store, keys)).filter((generation) => generation === 1).length;
    expect(counts).toBeGreaterThan(0);
    await allDecrypt(newer, store, keys);
    expect((await readDomain(store))?.body.generations[0]?.retiredMs).toBeUndefined();
    expect(await rewrapAll(rewrap)).toEqual({ keys: 20, rewrapped: 13, finished: true });
    await allDecrypt(onlyNewest, store, keys);
  });

  it('ends early on its signal, retires nothing, and goes on later', async () => {
    const { store, keys, rewrap } = await rigOf(10);
    const stop = new AbortController();
    const pause = async () => stop.abort();
    expect(await rewrapAll({ ...rewrap, pause, signal: stop.signal })).toMatchObject({
      rewrapped: 1,
      finished: false,
    });
    expect((await readDomain(store))?.body.generations[0]?.retiredMs).toBeUndefined();
    expect(await rewrapAll(rewrap)).toMatchObject({ rewrapped: 9, finished: true });
    await allDecrypt(onlyNewest, store, keys);
  });

  it('has nothing to do a second time', async () => {
    const { rewrap } = await rigOf(3);
    await rewrapAll(rewrap);
    expect(await rewrapAll(rewrap)).toEqual({ keys: 3, rewrapped: 0, finished: true });
  });

  it('rests four times as long as it worked', async () => {
    const { rewrap, pause } = await rigOf(3);
    let nowMs = 0;
    const ticking = { ...clock, monotonicMs: () => (nowMs += 5) };
    await rewrapAll({ ...rewrap, clock: ticking });
    const waits = pause.mock.calls.map(([ms]: unknown[]) => ms as number);
    expect(waits.every((ms) => ms >= 20)).toBe(true);
  });

  it('takes a record as it is after somebody changed it meanwhile, and keeps when it is due', async () => {
    const { store, keys, rewrap } = await rigOf(1);
    const { address } = keys[0] as Made;
    const meddling: KeyVault = Object.create(newer, {
      rewrap: {
        value: async (...args: Parameters<KeyVault['rewrap']>) => {
          const record = await store.get('key', address);
          if (record?.body.description === '') {
            const deletion = { atMs: 5, windowDays: 7 };
            const body: KeyRecord = {
              ...record.body,
              description: 'changed',
              state: 'PendingDeletion',
              deletion,
            };
            await store.commit([
              { do: 'put', kind: 'key', address, body, index: { dueMs: 5 }, expect: record.revision },
            ]);
          }
          return await newer.rewrap(...args);
        },
      },
      generationOf: { value: (token: Uint8Array) => newer.generationOf(token) },
      forget: { value: () => undefined },
    });
    await rewrapAll({ ...rewrap, vault: meddling });
    expect((await store.get('key', address))?.body.description).toBe('changed');
    expect((await store.due('key', 10, 10)).map(({ id }) => id)).toEqual([address.id]);
    await allDecrypt(onlyNewest, store, keys);
  });

  it('gives up on a record that changes each time', async () => {
    const { store, keys, rewrap } = await rigOf(1);
    const { address } = keys[0] as Made;
    const restless: KeyVault = Object.create(newer, {
      rewrap: {
        value: async (...args: Parameters<KeyVault['rewrap']>) => {
          const record = await store.get('key', address);
          if (record !== undefined)
            await store.commit([
              { do: 'put', kind: 'key', address, body: record.body, expect: record.revision },
            ]);
          return await newer.rewrap(...args);
        },
      },
      generationOf: { value: (token: Uint8Array) => newer.generationOf(token) },
    });
    await expect(rewrapAll({ ...rewrap, vault: restless })).rejects.toMatchObject({ name: 'StoreConflict' });
  });

  it('takes all others where one is damaged, names that one, and retires nothing', async () => {
    const { store, keys, rewrap } = await rigOf(4);
    const { address } = keys[0] as Made;
    const record = (await store.get('key', address)) as StoredRecord<'key'>;
    const [material] = record.body.materials as [KeyMaterial];
    const token = Buffer.from(material.token, 'base64');
    token.writeUInt8(token.readUInt8(100) ^ 1, 100);
    const body = { ...record.body, materials: [{ ...material, token: token.toString('base64') }] };
    await store.commit([{ do: 'put', kind: 'key', address, body, expect: 1 }]);

    await expect(rewrapAll(rewrap)).rejects.toMatchObject({
      code: 'corrupt',
      detail: `key ${address.id} in ${address.scope}: the exported key token does not authenticate`,
    });
    expect(await generationsIn(store, keys.slice(1))).not.toContain(1);
    expect((await readDomain(store))?.body.generations[0]?.retiredMs).toBeUndefined();
  });

  it('passes over a key that is deleted meanwhile', async () => {
    const { store, keys, rewrap } = await rigOf(4);
    const last = keys.at(-2) as Made;
    const pause = async () => {
      const record = await store.get('key', last.address);
      if (record !== undefined)
        await store.commit([{ do: 'delete', kind: 'key', address: last.address, expect: record.revision }]);
    };
    expect(await rewrapAll({ ...rewrap, pause })).toMatchObject({ finished: true });
  });

  it('retires nothing for a vault that wraps under another generation than the store says', async () => {
    const { store, rewrap } = await rigOf(2);
    await expect(rewrapAll({ ...rewrap, vault: older })).rejects.toMatchObject({ code: 'unavailable' });
    expect((await readDomain(store))?.body.generations[0]?.retiredMs).toBeUndefined();
  });

  it('wants a domain', async () => {
    const { rewrap } = await rigOf(0);
    const { store } = domainRig();
    await expect(rewrapAll({ ...rewrap, store })).rejects.toMatchObject({ name: 'Bug' });
  });
});
