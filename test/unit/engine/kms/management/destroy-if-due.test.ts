import { describe, expect, it } from 'vitest';
import { keyAddress } from '../../../../../src/domain/key/record-address.ts';
import { StoreConflict } from '../../../../../src/domain/ports/record-store.ts';
import { destroyIfDue } from '../../../../../src/engine/kms/destroy-if-due.ts';
import { ACCOUNT, bytesOf, DAY_MS, faultOf, REGION, Rig, START_MS } from '../rig.ts';

describe('the end of a key', () => {
  it('comes with the end of its window, and not before', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    await rig.run('ScheduleKeyDeletion', { keyId: id, pendingWindowInDays: 7 });
    rig.nowMs = START_MS + 7 * DAY_MS - 1;
    expect(await destroyIfDue(rig.services, await rig.record(id))).toBe('not due');
    rig.nowMs += 1;
    expect(await destroyIfDue(rig.services, await rig.record(id))).toBe('destroyed');
    expect(await faultOf(rig.run('DescribeKey', { keyId: id }))).toEqual({
      code: 'NotFoundException',
      detail: `Key '${arn}' does not exist`,
    });
    expect(rig.events).toEqual([
      { type: 'KMS CMK Deletion', account: ACCOUNT, region: REGION, keyId: id, atMs: rig.nowMs },
    ]);
  });

  it('does not come to a key that is not pending deletion', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    rig.nowMs += 1000 * DAY_MS;
    expect(await destroyIfDue(rig.services, await rig.record(id))).toBe('not due');
  });

  it('takes aliases and last use along, leaves those of other keys, and makes the vault forget', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const other = await rig.newKey();
    await rig.run('RotateKeyOnDemand', { keyId: id });
    for (const name of ['alias/a', 'alias/b']) await rig.addAlias(name, id);
    await rig.addAlias('alias/c', other.id);
    await addUsage(rig, id);
    await addUsage(rig, other.id);
    const tokens = (await rig.record(id)).body.materials.map(({ token }) => token);
    const forgotten: string[] = [];
    rig.vault.forget = (all) => {
      forgotten.push(...all.map((token) => Buffer.from(token).toString('base64')));
    };
    await end(rig, id);
    expect(forgotten).toEqual(tokens);
    expect(forgotten).toHaveLength(2);
    expect((await rig.run('ListAliases', {})).aliases?.map(({ aliasName }) => aliasName)).toEqual([
      'alias/c',
    ]);
    expect((await rig.run('ListKeys', {})).keys?.map(({ keyId }) => keyId)).toEqual([other.id]);
    expect(await rig.store.get('usage', address(id))).toBeUndefined();
    expect(await rig.store.get('usage', address(other.id))).toBeDefined();
  });

  it.for([
    { what: 'was never used before', before: async () => undefined },
    { what: 'was used before', before: addUsage },
  ])(
    'takes the use along that a late call notes while the key goes: of a key that $what',
    async ({ before }) => {
      const rig = new Rig();
      const { id } = await rig.newKey();
      await before(rig, id);
      const commit = rig.store.commit.bind(rig.store);
      rig.store.commit = async (changes) => {
        await commit(changes);
        const ends = changes.filter((change) => change.do === 'delete' && change.kind === 'key');
        for (const { address } of ends) rig.store.later('usage', address, LATE_USE);
      };
      await end(rig, id);
      expect(await rig.store.get('usage', address(id))).toBeUndefined();
    },
  );

  it('leaves nothing that decrypts', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const { ciphertextBlob } = await rig.run('Encrypt', { keyId: id, plaintext: bytesOf('secret') });
    await end(rig, id);
    expect(await faultOf(rig.run('Decrypt', { ciphertextBlob: ciphertextBlob as Uint8Array }))).toMatchObject(
      { code: 'AccessDeniedException' },
    );
    expect(JSON.stringify(await rig.store.list('key', `${ACCOUNT}/${REGION}`, { limit: 10 }))).toBe('[]');
  });

  it('does not come when the deletion is cancelled in between', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.addAlias('alias/a', id);
    await rig.run('ScheduleKeyDeletion', { keyId: id });
    rig.nowMs += 30 * DAY_MS;
    const pending = await rig.record(id);
    await rig.run('CancelKeyDeletion', { keyId: id });
    await expect(destroyIfDue(rig.services, pending)).rejects.toBeInstanceOf(StoreConflict);
    expect((await rig.record(id)).body.state).toBe('Disabled');
    expect((await rig.run('ListAliases', {})).aliases).toHaveLength(1);
    expect(rig.events).toEqual([]);
  });

  it('frees the names of its aliases', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.addAlias('alias/a', id);
    await end(rig, id);
    const next = await rig.newKey();
    await rig.run('CreateAlias', { aliasName: 'alias/a', targetKeyId: next.id });
    expect((await rig.run('DescribeKey', { keyId: 'alias/a' })).keyMetadata?.keyId).toBe(next.id);
  });
});

async function end(rig: Rig, id: string): Promise<void> {
  await rig.run('ScheduleKeyDeletion', { keyId: id });
  rig.nowMs += 30 * DAY_MS;
  await destroyIfDue(rig.services, await rig.record(id));
}

async function addUsage(rig: Rig, id: string): Promise<void> {
  const body = {
    operation: 'Encrypt',
    atMs: START_MS,
    requestId: '8a4f1c5e-0000-4000-8000-000000000001',
  } as const;
  await rig.store.commit([{ do: 'put', kind: 'usage', address: address(id), body, expect: 0 }]);
}

function address(keyId: string): ReturnType<typeof keyAddress> {
  return keyAddress({ account: ACCOUNT, region: REGION, keyId });
}

const LATE_USE = { operation: 'Decrypt', atMs: START_MS, requestId: 'late' } as const;
