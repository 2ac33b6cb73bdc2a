import { describe, expect, it, test } from 'vitest';
import type { KeyState } from '../../../../../src/domain/kms/api/enums.ts';
import type { KmsOperationName } from '../../../../../src/domain/kms/api/operations.ts';
import { KmsFault } from '../../../../../src/domain/kms/kms-fault.ts';
import { EXPECTED_OUTCOMES } from '../../../domain/key/state-table-fixture.ts';
import { bytesOf, DAY_MS, Rig, START_MS } from '../rig.ts';

/** What there is before the key comes into its state. */
interface Scene {
  readonly rig: Rig;
  readonly id: string;
  readonly otherId: string;
  readonly ciphertextBlob: Uint8Array;
}

type Call = (scene: Scene) => Promise<unknown>;

/** A call of each operation that this engine has, valid but for the state of its key. */
const CALLS: Partial<Record<string, Call>> = {
  CancelKeyDeletion: keyed('CancelKeyDeletion'),
  CreateAlias: ({ rig, id }) => rig.run('CreateAlias', { aliasName: 'alias/new', targetKeyId: id }),
  CreateKey: ({ rig }) => rig.run('CreateKey', {}),
  Decrypt: ({ rig, ciphertextBlob }) => rig.run('Decrypt', { ciphertextBlob }),
  DeleteAlias: ({ rig }) => rig.run('DeleteAlias', { aliasName: 'alias/key' }),
  DescribeKey: keyed('DescribeKey'),
  DisableKey: keyed('DisableKey'),
  DisableKeyRotation: keyed('DisableKeyRotation'),
  EnableKey: keyed('EnableKey'),
  EnableKeyRotation: keyed('EnableKeyRotation'),
  Encrypt: ({ rig, id }) => rig.run('Encrypt', { keyId: id, plaintext: bytesOf('x') }),
  GenerateDataKey: ({ rig, id }) => rig.run('GenerateDataKey', { keyId: id, keySpec: 'AES_256' }),
  GenerateDataKeyWithoutPlaintext: ({ rig, id }) =>
    rig.run('GenerateDataKeyWithoutPlaintext', { keyId: id, keySpec: 'AES_256' }),
  GenerateRandom: ({ rig }) => rig.run('GenerateRandom', { numberOfBytes: 1 }),
  GetKeyLastUsage: keyed('GetKeyLastUsage'),
  GetKeyPolicy: keyed('GetKeyPolicy'),
  GetKeyRotationStatus: keyed('GetKeyRotationStatus'),
  ListAliases: keyed('ListAliases'),
  ListKeyPolicies: keyed('ListKeyPolicies'),
  ListKeyRotations: keyed('ListKeyRotations'),
  ListKeys: ({ rig }) => rig.run('ListKeys', {}),
  ListResourceTags: keyed('ListResourceTags'),
  PutKeyPolicy: ({ rig, id }) => rig.run('PutKeyPolicy', { keyId: id, policy: '{}' }),
  ReEncrypt: ({ rig, otherId, ciphertextBlob }) =>
    rig.run('ReEncrypt', { ciphertextBlob, destinationKeyId: otherId }),
  RotateKeyOnDemand: keyed('RotateKeyOnDemand'),
  ScheduleKeyDeletion: keyed('ScheduleKeyDeletion'),
  TagResource: ({ rig, id }) => rig.run('TagResource', { keyId: id, tags: [{ tagKey: 'a', tagValue: '' }] }),
  UntagResource: ({ rig, id }) => rig.run('UntagResource', { keyId: id, tagKeys: ['a'] }),
  UpdateAlias: ({ rig, id }) => rig.run('UpdateAlias', { aliasName: 'alias/other', targetKeyId: id }),
  UpdateKeyDescription: ({ rig, id }) => rig.run('UpdateKeyDescription', { keyId: id, description: 'x' }),
};

const OFFERED = EXPECTED_OUTCOMES.filter(({ operation }) => operation in CALLS);
const NOT_OFFERED = new Set(
  EXPECTED_OUTCOMES.map(({ operation }) => operation).filter((name) => !(name in CALLS)),
);

describe('operations on keys in each state', () => {
  test.for(OFFERED)(
    '$operation on a key that is $state: $expected',
    async ({ operation, state, expected }) => {
      const { arn, ...scene } = await sceneWith(state as KeyState);
      const outcome = await outcomeOf((CALLS[operation] as Call)(scene));
      expect(outcome).toBe(expected.replace('<ARN>', arn));
    },
  );

  it('ReEncrypt to a key in each state is refused as from it', async () => {
    const rows = EXPECTED_OUTCOMES.filter(({ operation }) => operation === 'ReEncrypt');
    for (const { state, expected } of rows) {
      const { rig, id, otherId, arn } = await sceneWith(state as KeyState);
      const { ciphertextBlob } = await rig.run('Encrypt', { keyId: otherId, plaintext: bytesOf('x') });
      const request = { ciphertextBlob: ciphertextBlob as Uint8Array, destinationKeyId: id };
      expect(await outcomeOf(rig.run('ReEncrypt', request))).toBe(expected.replace('<ARN>', arn));
    }
  });

  test.for([...NOT_OFFERED])('%s is not offered', async (operation) => {
    const { rig, id } = await sceneWith('Enabled');
    const call = rig.run(operation as KmsOperationName, { keyId: id } as never);
    expect(await outcomeOf(call)).toMatch(/^UnsupportedOperationException/);
  });
});

/** A key in the state, with an alias and a ciphertext of its own; another key, enabled, with an alias. */
async function sceneWith(state: KeyState): Promise<Scene & { readonly arn: string }> {
  const rig = new Rig();
  const { id, arn } = await rig.newKey();
  const other = await rig.newKey();
  await rig.addAlias('alias/key', id);
  await rig.addAlias('alias/other', other.id);
  const { ciphertextBlob } = await rig.run('Encrypt', { keyId: id, plaintext: bytesOf('x') });
  const deletion = { atMs: START_MS + 30 * DAY_MS, windowDays: 30 };
  await rig.alter(id, { state, ...(state.startsWith('Pending') && { deletion }) });
  return { rig, id, arn, otherId: other.id, ciphertextBlob: ciphertextBlob as Uint8Array };
}

function keyed(
  operation:
    | 'CancelKeyDeletion'
    | 'DescribeKey'
    | 'DisableKey'
    | 'DisableKeyRotation'
    | 'EnableKey'
    | 'EnableKeyRotation'
    | 'GetKeyLastUsage'
    | 'GetKeyPolicy'
    | 'GetKeyRotationStatus'
    | 'ListAliases'
    | 'ListKeyPolicies'
    | 'ListKeyRotations'
    | 'ListResourceTags'
    | 'RotateKeyOnDemand'
    | 'ScheduleKeyDeletion',
): Call {
  return ({ rig, id }) => rig.run(operation, { keyId: id });
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: unknown) => {
      if (error instanceof KmsFault) return error.message;
      throw error;
    },
  );
}
