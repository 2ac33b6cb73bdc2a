/** What asymmetric and HMAC keys are refused, whatever their state: kms-behaviour.md §3, notes 6, 7 and 9. */
import { describe, expect, test } from 'vitest';
import type { OriginType } from '../../../../../src/domain/kms/api/enums.ts';
import { faultOf, Rig } from '../rig.ts';

const KINDS = [
  { keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' },
  { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' },
  { keySpec: 'ML_KEM_512', keyUsage: 'ENCAPSULATE_DECAPSULATE' },
  { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' },
] as const;
const ORIGINS: readonly OriginType[] = ['AWS_KMS', 'EXTERNAL'];
const STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'] as const;
const OPERATIONS = [
  'EnableKeyRotation',
  'DisableKeyRotation',
  'GetKeyRotationStatus',
  'ListKeyRotations',
  'RotateKeyOnDemand',
] as const;

describe.for(OPERATIONS)('%s', (operation) => {
  test.for(KINDS)('is unsupported for $keySpec, and does not say why', async (kind) => {
    for (const origin of ORIGINS) {
      const rig = new Rig();
      const { keyMetadata } = await rig.run('CreateKey', { ...kind, origin });
      const keyId = keyMetadata?.keyId as string;
      for (const state of STATES) {
        await rig.alter(keyId, { state });
        expect(await faultOf(rig.run(operation, { keyId })), `${origin} ${state}`).toStrictEqual({
          code: 'UnsupportedOperationException',
          detail: undefined,
        });
      }
    }
  });
});

describe('what all kinds of keys have in common', () => {
  test.for(KINDS)('works with $keySpec', async (kind) => {
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { ...kind, description: 'one' });
    const keyId = keyMetadata?.keyId as string;
    await rig.run('CreateAlias', { aliasName: 'alias/one', targetKeyId: keyId });
    await rig.run('TagResource', { keyId, tags: [{ tagKey: 'a', tagValue: 'b' }] });
    await rig.run('UpdateKeyDescription', { keyId, description: 'two' });
    await rig.run('DisableKey', { keyId });
    await rig.run('EnableKey', { keyId });
    await rig.run('ScheduleKeyDeletion', { keyId });
    await rig.run('CancelKeyDeletion', { keyId });
    expect(await rig.run('DescribeKey', { keyId: 'alias/one' })).toMatchObject({
      keyMetadata: { description: 'two', keyState: 'Disabled', keySpec: kind.keySpec },
    });
    expect(await rig.run('ListResourceTags', { keyId })).toMatchObject({
      tags: [{ tagKey: 'a', tagValue: 'b' }],
    });
  });
});
