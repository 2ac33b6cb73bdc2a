import { describe, expect, it, test, vi } from 'vitest';
import { KMS_OPERATION_NAMES } from '../../../../src/domain/kms/api/operations.ts';
import { KmsFault } from '../../../../src/domain/kms/kms-fault.ts';
import type { KeyVault } from '../../../../src/domain/ports/key-vault.ts';
import { StoreConflict, StoreFailure } from '../../../../src/domain/ports/record-store.ts';
import { fairShareOf } from '../../../../src/engine/kms/fair-share.ts';
import { notYet } from '../../../../src/engine/kms/not-yet.ts';
import type { NoKey, OneKey, Operation } from '../../../../src/engine/kms/operation.ts';
import { OPERATIONS } from '../../../../src/engine/kms/operations.ts';
import { perform } from '../../../../src/engine/kms/pipeline.ts';
import { present } from '../../../../src/engine/kms/present.ts';
import { resolveKey } from '../../../../src/engine/kms/resolve-key.ts';
import { ACCOUNT, bytesOf, callBy, faultOf, OTHER_ACCOUNT, Rig } from './rig.ts';

const PLAINTEXT = bytesOf('attack at dawn');

describe('the table of operations', () => {
  it('has every operation of the API under its name', () => {
    expect(Object.keys(OPERATIONS)).toStrictEqual([...KMS_OPERATION_NAMES]);
    for (const name of KMS_OPERATION_NAMES) expect(OPERATIONS[name].name).toBe(name);
  });

  it('says of what is not there that it is unsupported, whatever the key', async () => {
    const input = { keyId: 'alias/none', replicaRegion: 'us-east-1' };
    expect(await faultOf(new Rig().run('ReplicateKey', input))).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'This engine does not support ReplicateKey.',
    });
    expect(OPERATIONS.ReplicateKey.unsupported).toBe(true);
    expect(OPERATIONS.Encrypt.unsupported).toBeUndefined();
  });

  it('never runs what is not there', () => {
    expect(() => notYet('ReplicateKey').run({} as never)).toThrow(
      'ReplicateKey ran although it is not supported',
    );
  });
});

describe('the order of checks', () => {
  it('finds the key before it asks for permission', async () => {
    const rig = new Rig();
    await faultOf(rig.run('Encrypt', { keyId: 'foo', plaintext: PLAINTEXT }));
    expect(rig.questions).toStrictEqual([]);
  });

  test.for([
    { name: 'TagResource', input: { tags: [{ tagKey: 'aws:x', tagValue: '' }] } },
    { name: 'ScheduleKeyDeletion', input: { pendingWindowInDays: 5 } },
    { name: 'PutKeyPolicy', input: { policy: 'nope' } },
    { name: 'GenerateDataKey', input: {} },
    { name: 'Encrypt', input: { plaintext: PLAINTEXT, encryptionContext: { a: 'b'.repeat(9_000) } } },
  ] as const)(
    'finds the key of $name, and asks for permission, before it looks at the rest',
    async ({ name, input }) => {
      const rig = new Rig();
      const { id } = await rig.newKey();
      const call = (keyId: string) => faultOf(rig.run(name, { keyId, ...input } as never));
      expect(await call('11111111-1111-1111-1111-111111111111')).toMatchObject({ code: 'NotFoundException' });
      expect(['ValidationException', 'TagException', 'MalformedPolicyDocumentException']).toContain(
        (await call(id)).code,
      );
      rig.authorize = () => {
        throw new KmsFault('AccessDeniedException', 'no');
      };
      expect(await call(id)).toMatchObject({ code: 'AccessDeniedException' });
    },
  );

  test.for(['Decrypt', 'ReEncrypt'] as const)(
    '%s tells only who may use it that a key is not the right one',
    async (name) => {
      const rig = new Rig();
      const [key, other] = [await rig.newKey(), await rig.newKey()];
      const { ciphertextBlob } = await rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT });
      const call = () =>
        faultOf(
          rig.run(name, {
            ...{ ciphertextBlob: ciphertextBlob as Uint8Array, keyId: other.id, sourceKeyId: other.id },
            destinationKeyId: other.id,
          }),
        );
      await rig.alter(other.id, { state: 'Disabled' });
      expect(await call()).toMatchObject({ code: 'IncorrectKeyException' });
      rig.authorize = () => {
        throw new KmsFault('AccessDeniedException', 'no');
      };
      expect(await call()).toMatchObject({ code: 'AccessDeniedException' });
    },
  );

  it('asks for permission before it looks at state and dry run', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { state: 'Disabled' });
    rig.authorize = () => {
      throw new KmsFault('AccessDeniedException', 'no');
    };
    const call = rig.run('Encrypt', { keyId: key.id, plaintext: PLAINTEXT, dryRun: true });
    expect(await faultOf(call)).toStrictEqual({ code: 'AccessDeniedException', detail: 'no' });
  });

  it('waits for a permission that takes time', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    rig.authorize = () => Promise.reject(new KmsFault('AccessDeniedException', 'no'));
    expect(await faultOf(rig.run('DescribeKey', { keyId: key.id }))).toMatchObject({
      code: 'AccessDeniedException',
    });
  });

  it('looks at the state before the usage, and at the usage before the algorithm', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const input = {
      keyId: key.id,
      plaintext: PLAINTEXT,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    } as const;
    await rig.alter(key.id, { usage: 'SIGN_VERIFY', state: 'Disabled' });
    expect(await faultOf(rig.run('Encrypt', input))).toMatchObject({ code: 'DisabledException' });
    await rig.alter(key.id, { state: 'Enabled' });
    expect(await faultOf(rig.run('Encrypt', input))).toMatchObject({
      detail: `${key.arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    });
  });
});

describe('the question for permission', () => {
  it('has the key, the request, and the alias that named it', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.addAlias('alias/mine', key.id);
    const input = { keyId: 'alias/mine', plaintext: PLAINTEXT };
    await rig.run('Encrypt', input);
    expect(rig.questions.at(-1)).toStrictEqual({
      action: 'Encrypt',
      resource: {
        kind: 'key',
        arn: key.arn,
        record: (await rig.record(key.id)).body,
        requestAlias: 'alias/mine',
      },
      input,
      call: callBy(),
    });
  });

  it('names no alias where the key has been named otherwise', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.run('DescribeKey', { keyId: key.id });
    expect(rig.questions.at(-1)?.resource).not.toHaveProperty('requestAlias');
  });

  it('is about anything where there is no key', async () => {
    const rig = new Rig();
    await rig.run('GenerateRandom', { numberOfBytes: 1 });
    expect(rig.questions).toMatchObject([{ action: 'GenerateRandom', resource: { kind: 'any' } }]);
  });

  it('is asked for both keys of a re-encryption', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    const { ciphertextBlob } = await rig.run('Encrypt', { keyId: from.id, plaintext: PLAINTEXT });
    rig.questions.length = 0;
    await rig.run('ReEncrypt', { ciphertextBlob: ciphertextBlob as Uint8Array, destinationKeyId: to.id });
    expect(rig.questions).toMatchObject([
      { action: 'ReEncryptFrom', resource: { arn: from.arn } },
      { action: 'ReEncryptTo', resource: { arn: to.arn } },
    ]);
  });
});

describe('a key of another account', () => {
  it('is out of reach for operations within one account', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const enable: Operation<'EnableKey', OneKey> = {
      name: 'EnableKey',
      keys: [
        {
          action: 'EnableKey',
          crossAccount: false,
          state: 'any',
          find: ({ keyId }, lookup) => resolveKey(keyId, lookup),
        },
      ],
      run: async () => undefined,
    };
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const call = perform(enable, { keyId: key.arn }, stranger, rig.services);
    expect(await faultOf(call)).toStrictEqual({
      code: 'AccessDeniedException',
      detail:
        'User: arn:aws:iam::444455556666:root is not authorized to perform: kms:EnableKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
    });
    expect(rig.questions.filter(({ call: { caller } }) => caller.account !== ACCOUNT)).toStrictEqual([]);
  });
});

describe('a record that changed in between', () => {
  const failing = (times: number, failure: Error) => {
    const attempts: number[] = [];
    const operation: Operation<'ListKeys', NoKey> = {
      name: 'ListKeys',
      keys: [],
      async run() {
        attempts.push(attempts.length);
        if (attempts.length <= times) throw failure;
        return { truncated: false };
      },
    };
    return { attempts, operation };
  };

  test.for([0, 1, 7])('lets the operation run again after %d conflicts', async (times) => {
    const { attempts, operation } = failing(times, new StoreConflict('changed'));
    expect(await perform(operation, {}, callBy(), new Rig().services)).toStrictEqual({ truncated: false });
    expect(attempts).toHaveLength(times + 1);
  });

  it('is throttled after the eighth', async () => {
    const { attempts, operation } = failing(8, new StoreConflict('changed'));
    expect(await faultOf(perform(operation, {}, callBy(), new Rig().services))).toStrictEqual({
      code: 'ThrottlingException',
      detail: 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    });
    expect(attempts).toHaveLength(8);
  });

  it('is not confused with a store that fails', async () => {
    const { attempts, operation } = failing(1, new StoreFailure('disk full'));
    await expect(perform(operation, {}, callBy(), new Rig().services)).rejects.toThrow('disk full');
    expect(attempts).toHaveLength(1);
  });
});

describe('what the vault is told of a call', () => {
  it('is in whose turn it waits, until when its answer counts, and where to note the time that it took', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const vault: KeyVault = rig.vault;
    const encrypt = vi.spyOn(vault, 'encrypt');
    const trace = { queueMs: 0, tokenMs: 0, host: undefined };
    const call = { ...callBy(), trace };
    await rig.run('Encrypt', { keyId: id, plaintext: PLAINTEXT }, call);

    const tenant = fairShareOf(call.caller);
    expect(encrypt.mock.calls[0]?.[2]).toStrictEqual({ tenant, deadlineMs: 60_000, trace });
    expect(encrypt.mock.calls[0]?.[2].trace).toBe(trace);
  });
});

describe('what an earlier step has made sure of', () => {
  it('is a bug when it is absent', () => {
    expect(present(0, 'a number')).toBe(0);
    expect(() => present(undefined, 'a number')).toThrow('a number is absent');
  });
});
