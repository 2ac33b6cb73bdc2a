import { describe, expect, it, test, vi } from 'vitest';
import { StoreFailure } from '../../../../src/domain/ports/record-store.ts';
import { bytesOf, callBy, DAY_MS, faultOf, Rig, START_MS } from './rig.ts';

const REQUEST_ID = '8a4f1c5e-0000-4000-8000-000000000001';
const PLAINTEXT = bytesOf('attack at dawn');

async function lastUsage(rig: Rig, keyId: string) {
  return (await rig.run('GetKeyLastUsage', { keyId })).keyLastUsage;
}

async function encrypted(rig: Rig, keyId: string): Promise<Uint8Array> {
  return (await rig.run('Encrypt', { keyId, plaintext: PLAINTEXT })).ciphertextBlob as Uint8Array;
}

describe('GetKeyLastUsage', () => {
  it('of a key that was never used has its dates alone', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.nowMs += DAY_MS;
    expect(await rig.run('GetKeyLastUsage', { keyId: key.id })).toStrictEqual({
      keyId: key.arn,
      keyLastUsage: {},
      trackingStartDate: START_MS,
      keyCreationDate: START_MS,
    });
  });

  it('tells which operation it was, when, and of which request', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.nowMs += DAY_MS;
    const ciphertextBlob = await encrypted(rig, key.id);
    expect(await lastUsage(rig, key.id)).toStrictEqual({
      operation: 'Encrypt',
      timestamp: START_MS + DAY_MS,
      kmsRequestId: REQUEST_ID,
    });
    rig.nowMs += DAY_MS;
    await rig.run('Decrypt', { ciphertextBlob }, { ...callBy(), requestId: 'another' });
    expect(await lastUsage(rig, key.id)).toStrictEqual({
      operation: 'Decrypt',
      timestamp: START_MS + 2 * DAY_MS,
      kmsRequestId: 'another',
    });
  });

  test.for(['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'] as const)('counts %s', async (name) => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run(name, { keyId: key.id, keySpec: 'AES_256' });
    expect(await lastUsage(rig, key.id)).toMatchObject({ operation: name });
  });

  it('counts ReEncrypt for both keys', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    const ciphertextBlob = await encrypted(rig, from.id);
    await rig.run('ReEncrypt', { ciphertextBlob, destinationKeyId: to.id });
    expect(await lastUsage(rig, from.id)).toMatchObject({ operation: 'ReEncrypt' });
    expect(await lastUsage(rig, to.id)).toMatchObject({ operation: 'ReEncrypt' });
  });

  it('counts neither failures, nor dry runs, nor looks', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await faultOf(rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT, dryRun: true }));
    rig.vault.encrypt = () => Promise.reject(new Error('broken'));
    await faultOf(rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT }));
    await rig.run('DescribeKey', { keyId: key.id });
    expect(await lastUsage(rig, key.id)).toStrictEqual({});
  });

  test.for(['Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable', 'Creating'] as const)(
    'works on a key in %s',
    async (state) => {
      const rig = new Rig();
      const key = await rig.newKey();
      await encrypted(rig, key.id);
      await rig.alter(key.id, { state });
      expect(await lastUsage(rig, key.id)).toMatchObject({ operation: 'Encrypt' });
    },
  );

  it('leaves nothing of a key that was destroyed under the call', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const { scope, id, revision } = await rig.record(key.id);
    const encrypt = rig.vault.encrypt.bind(rig.vault);
    rig.vault.encrypt = async (...args) => {
      await rig.store.commit([{ do: 'delete', kind: 'key', address: { scope, id }, expect: revision }]);
      return encrypt(...args);
    };
    await encrypted(rig, key.id);
    expect(await rig.store.get('usage', { scope, id })).toBeUndefined();
  });

  describe('where memory has lost the key under the call', () => {
    it('tells of its use', async () => {
      const rig = new Rig();
      const key = await rig.newKey();
      rig.store.forgetful = true;
      await encrypted(rig, key.id);
      await vi.waitFor(async () =>
        expect(await lastUsage(rig, key.id)).toMatchObject({ operation: 'Encrypt' }),
      );
    });

    it('makes no record of a key that is not there any more', async () => {
      const rig = new Rig();
      const key = await rig.newKey();
      const { scope, id, revision } = await rig.record(key.id);
      const encrypt = rig.vault.encrypt.bind(rig.vault);
      rig.store.forgetful = true;
      rig.vault.encrypt = async (...args) => {
        await rig.store.commit([{ do: 'delete', kind: 'key', address: { scope, id }, expect: revision }]);
        return encrypt(...args);
      };
      const asked = vi.spyOn(rig.store, 'get');
      await encrypted(rig, key.id);
      await vi.waitFor(() => expect(asked).toHaveBeenLastCalledWith('key', { scope, id }));
      await asked.mock.results.at(-1)?.value;
      await rig.run('ListKeys', {});
      expect(await rig.store.get('usage', { scope, id })).toBeUndefined();
    });

    it('fails no call when the store cannot be asked', async () => {
      const rig = new Rig();
      const key = await rig.newKey();
      const { scope, id } = await rig.record(key.id);
      const encrypt = rig.vault.encrypt.bind(rig.vault);
      const warn = vi.spyOn(rig.services.log, 'warn');
      const error = new StoreFailure('no disk');
      rig.store.forgetful = true;
      rig.vault.encrypt = async (...args) => {
        vi.spyOn(rig.store, 'get').mockRejectedValueOnce(error);
        return encrypt(...args);
      };
      await encrypted(rig, key.id);
      await vi.waitFor(() => expect(warn).toHaveBeenCalledWith('kms.usage-lost', { keyId: id, error }));
      expect(await rig.store.get('usage', { scope, id })).toBeUndefined();
    });
  });
});
