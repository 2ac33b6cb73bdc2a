import { describe, expect, it, test } from 'vitest';
import { ACCOUNT, callBy, faultOf, OTHER_ACCOUNT, REGION, Rig } from './rig.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const DENIED =
  'User: arn:aws:iam::111122223333:root is not authorized to perform: kms:DescribeKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';

describe('the key of a request', () => {
  test.for([{ forgetful: false }, { forgetful: true }])(
    'is found by id, ARN, alias and alias ARN (a store that has forgotten: $forgetful)',
    async ({ forgetful }) => {
      const rig = new Rig();
      const key = await rig.newKey();
      await rig.addAlias('alias/mine', key.id);
      rig.store.forgetful = forgetful;
      for (const keyId of [key.id, key.arn, 'alias/mine', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/mine`]) {
        const { keyMetadata } = await rig.run('DescribeKey', { keyId });
        expect(keyMetadata).toMatchObject({ arn: key.arn });
      }
    },
  );

  test.for([
    { keyId: 'foo', detail: "Invalid keyId 'foo'" },
    { keyId: 'mrk-12', detail: "Invalid keyId 'mrk-12'" },
    {
      keyId: NOBODY,
      detail: `Key 'arn:aws:kms:eu-central-1:111122223333:key/${NOBODY}' does not exist`,
    },
    {
      keyId: `arn:aws:kms:eu-central-1:111122223333:key/${NOBODY}`,
      detail: `Key 'arn:aws:kms:eu-central-1:111122223333:key/${NOBODY}' does not exist`,
    },
    { keyId: `arn:aws:kms:us-east-1:111122223333:key/${NOBODY}`, detail: 'Invalid arn us-east-1' },
    { keyId: 'arn:aws:kms:us-east-1:111122223333:alias/x', detail: 'Invalid arn us-east-1' },
    {
      keyId: 'alias/x',
      detail: 'Alias arn:aws:kms:eu-central-1:111122223333:alias/x is not found.',
    },
    {
      keyId: 'arn:aws:kms:eu-central-1:111122223333:alias/x',
      detail: 'Alias arn:aws:kms:eu-central-1:111122223333:alias/x is not found.',
    },
    {
      keyId: 'arn:aws:kms:eu-central-1:111122223333:key/foo',
      detail: 'Invalid arn arn:aws:kms:eu-central-1:111122223333:key/foo',
    },
  ])('is not found by $keyId', async ({ keyId, detail }) => {
    expect(await faultOf(new Rig().run('DescribeKey', { keyId }))).toStrictEqual({
      code: 'NotFoundException',
      detail,
    });
  });

  test.for([`key/${NOBODY}`, 'alias/x'])(
    'of another account is denied where there is none: %s',
    async (resource) => {
      const keyId = `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:${resource}`;
      expect(await faultOf(new Rig().run('DescribeKey', { keyId }))).toStrictEqual({
        code: 'AccessDeniedException',
        detail: DENIED,
      });
    },
  );

  it('of another account is found by its ARN and the ARN of its alias', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.addAlias('alias/mine', key.id);
    const stranger = callBy({ account: OTHER_ACCOUNT });
    for (const keyId of [key.arn, `arn:aws:kms:${REGION}:${ACCOUNT}:alias/mine`]) {
      const { keyMetadata } = await rig.run('DescribeKey', { keyId }, stranger);
      expect(keyMetadata).toMatchObject({ arn: key.arn, awsAccountId: ACCOUNT });
    }
  });

  it('is one of the Region of the call', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const call = rig.run('DescribeKey', { keyId: key.id }, callBy({ region: 'us-east-1' }));
    expect(await faultOf(call)).toStrictEqual({
      code: 'NotFoundException',
      detail: `Key 'arn:aws:kms:us-east-1:111122223333:key/${key.id}' does not exist`,
    });
  });
});
