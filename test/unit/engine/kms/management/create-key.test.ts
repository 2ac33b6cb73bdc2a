import { describe, expect, it, test, vi } from 'vitest';
import type { CreateKeyRequest } from '../../../../../src/domain/kms/api/requests.ts';
import { destroyIfDue } from '../../../../../src/engine/kms/destroy-if-due.ts';
import { ACCOUNT, callBy, DAY_MS, faultOf, OTHER_ACCOUNT, REGION, Rig, START_MS } from '../rig.ts';

const USAGE_MISSING =
  'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.';

describe('CreateKey', () => {
  it('makes a symmetric key when nothing else is asked for', async () => {
    const { keyMetadata } = await new Rig().run('CreateKey', {});
    expect(keyMetadata).toStrictEqual({
      awsAccountId: ACCOUNT,
      arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyMetadata?.keyId}`,
      creationDate: START_MS,
      currentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      description: '',
      enabled: true,
      encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      keyId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      keyManager: 'CUSTOMER',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyState: 'Enabled',
      keyUsage: 'ENCRYPT_DECRYPT',
      multiRegion: false,
      origin: 'AWS_KMS',
    });
  });

  test.for<{ what: string; input: CreateKeyRequest }>([
    { what: 'KeySpec', input: { keySpec: 'SYMMETRIC_DEFAULT' } },
    { what: 'CustomerMasterKeySpec', input: { customerMasterKeySpec: 'SYMMETRIC_DEFAULT' } },
    {
      what: 'usage, origin and flags',
      input: {
        keyUsage: 'ENCRYPT_DECRYPT',
        origin: 'AWS_KMS',
        multiRegion: false,
        bypassPolicyLockoutSafetyCheck: true,
      },
    },
  ])('makes the same key for $what of a symmetric key', async ({ input }) => {
    const { keyMetadata } = await new Rig().run('CreateKey', input);
    expect(keyMetadata).toMatchObject({ keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' });
  });

  it('keeps description, policy and tags', async () => {
    const rig = new Rig();
    const policy = '{ "Version": "2012-10-17", "Statement": [] }';
    const tags = [{ tagKey: 'Team', tagValue: 'blue' }];
    const { keyMetadata } = await rig.run('CreateKey', { description: 'für Löhne', policy, tags });
    const keyId = keyMetadata?.keyId as string;
    expect(keyMetadata?.description).toBe('für Löhne');
    expect(await rig.run('GetKeyPolicy', { keyId })).toEqual({ policy, policyName: 'default' });
    expect(await rig.run('ListResourceTags', { keyId })).toEqual({ tags, truncated: false });
  });

  it('makes a multi-Region key, which says that it has no replicas', async () => {
    const { keyMetadata } = await new Rig().run('CreateKey', { multiRegion: true });
    expect(keyMetadata?.keyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect(keyMetadata).toMatchObject({
      multiRegion: true,
      multiRegionConfiguration: {
        multiRegionKeyType: 'PRIMARY',
        primaryKey: { arn: keyMetadata?.arn, region: REGION },
        replicaKeys: [],
      },
    });
  });

  it('makes a key without material that waits for its import', async () => {
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { origin: 'EXTERNAL' });
    expect(keyMetadata).toMatchObject({ keyState: 'PendingImport', enabled: false, origin: 'EXTERNAL' });
    expect(Object.keys(keyMetadata ?? {})).not.toContain('currentKeyMaterialId');
    expect((await rig.record(keyMetadata?.keyId as string)).body.materials).toEqual([]);
  });

  test.for<{ input: CreateKeyRequest; text: string }>([
    { input: { keySpec: 'RSA_2048' }, text: USAGE_MISSING },
    { input: { keySpec: 'HMAC_256' }, text: USAGE_MISSING },
    { input: { customerMasterKeySpec: 'ECC_NIST_P256' }, text: USAGE_MISSING },
    {
      input: { keySpec: 'RSA_2048', keyUsage: 'KEY_AGREEMENT' },
      text: 'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
    },
    {
      input: { keyUsage: 'SIGN_VERIFY' },
      text: 'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
    },
    {
      input: { keySpec: 'HMAC_512', keyUsage: 'ENCRYPT_DECRYPT' },
      text: 'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_512',
    },
    {
      input: { customerMasterKeySpec: 'ECC_SECG_P256K1', keyUsage: 'KEY_AGREEMENT' },
      text: 'KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_SECG_P256K1',
    },
    {
      input: { keySpec: 'SYMMETRIC_DEFAULT', customerMasterKeySpec: 'SYMMETRIC_DEFAULT' },
      text: 'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    },
    {
      input: { keySpec: 'ML_DSA_44', keyUsage: 'SIGN_VERIFY', origin: 'EXTERNAL' },
      text: 'Key material of ML_DSA_44 keys cannot be imported.',
    },
    {
      input: { origin: 'AWS_CLOUDHSM' },
      text: 'CustomKeyStoreId is required when Origin is AWS_CLOUDHSM.',
    },
    {
      input: { customKeyStoreId: 'cks-1234567890abcdef0' },
      text: 'CustomKeyStoreId is not valid when Origin is AWS_KMS.',
    },
    {
      input: { origin: 'EXTERNAL_KEY_STORE', customKeyStoreId: 'cks-1234567890abcdef0' },
      text: 'XksKeyId is required when Origin is EXTERNAL_KEY_STORE.',
    },
    {
      input: { origin: 'AWS_CLOUDHSM', customKeyStoreId: 'cks-1234567890abcdef0', xksKeyId: 'foo' },
      text: 'XksKeyId is not valid when Origin is AWS_CLOUDHSM.',
    },
    {
      input: {
        origin: 'AWS_CLOUDHSM',
        customKeyStoreId: 'cks-1234567890abcdef0',
        keySpec: 'RSA_2048',
        keyUsage: 'SIGN_VERIFY',
      },
      text: 'KeySpec RSA_2048 is not valid in a custom key store.',
    },
    {
      input: { origin: 'AWS_CLOUDHSM', customKeyStoreId: 'cks-1234567890abcdef0', multiRegion: true },
      text: 'A multi-Region key cannot be in a custom key store.',
    },
  ])('refuses $input', async ({ input, text }) => {
    expect(await faultOf(new Rig().run('CreateKey', input))).toEqual({
      code: 'ValidationException',
      detail: text,
    });
  });

  test.for<{ input: CreateKeyRequest; text: string }>([
    {
      input: { keySpec: 'SM2', keyUsage: 'SIGN_VERIFY' },
      text: 'This engine does not make SM2 keys, which AWS offers in China alone.',
    },
    {
      input: { origin: 'AWS_CLOUDHSM', customKeyStoreId: 'cks-1234567890abcdef0' },
      text: 'This engine does not make keys of origin AWS_CLOUDHSM.',
    },
    {
      input: { origin: 'EXTERNAL_KEY_STORE', customKeyStoreId: 'cks-1234567890abcdef0', xksKeyId: 'foo' },
      text: 'This engine does not make keys of origin EXTERNAL_KEY_STORE.',
    },
  ])('says that it does not offer $input', async ({ input, text }) => {
    expect(await faultOf(new Rig().run('CreateKey', input))).toEqual({
      code: 'UnsupportedOperationException',
      detail: text,
    });
  });

  test.for<{ what: string; input: CreateKeyRequest; fault: object }>([
    {
      what: 'a policy that is no JSON',
      input: { policy: 'Allow' },
      fault: { code: 'MalformedPolicyDocumentException', detail: 'Syntax errors in policy.' },
    },
    {
      what: 'reserved tags',
      input: { tags: [{ tagKey: 'aws:x', tagValue: '' }] },
      fault: { code: 'TagException', detail: 'Tags beginning with aws: are reserved' },
    },
  ])('refuses $what, and makes no key', async ({ input, fault }) => {
    const rig = new Rig();
    expect(await faultOf(rig.run('CreateKey', input))).toEqual(fault);
    expect(await rig.run('ListKeys', {})).toEqual({ keys: [], truncated: false });
  });

  it('stops at the quota of the account in the Region', async () => {
    const rig = new Rig({ keysPerRegion: 2 });
    await rig.newKey();
    await rig.newKey();
    expect(await faultOf(rig.run('CreateKey', {}))).toEqual({
      code: 'LimitExceededException',
      detail: 'Key quota for this account in this region is 2 but the current usage is 2.',
    });
    await rig.newKey(callBy({ account: OTHER_ACCOUNT }));
    await rig.newKey(callBy({ region: 'us-east-1' }));
  });

  it('has room again where keys are gone', async () => {
    const rig = new Rig({ keysPerRegion: 2 });
    await rig.newKey();
    const { id } = await rig.newKey();
    await rig.run('ScheduleKeyDeletion', { keyId: id });
    expect(await faultOf(rig.run('CreateKey', {}))).toMatchObject({ code: 'LimitExceededException' });
    rig.nowMs += 30 * DAY_MS;
    await destroyIfDue(rig.services, await rig.record(id));
    await rig.newKey();
    expect(await faultOf(rig.run('CreateKey', {}))).toMatchObject({ code: 'LimitExceededException' });
  });

  it('counts keys seldom, however many it makes', async () => {
    const rig = new Rig();
    const count = vi.spyOn(rig.store, 'count');
    for (let at = 0; at < 20; at += 1) await rig.newKey();
    expect(count).toHaveBeenCalledTimes(1);
  });
});
