import { describe, expect, it, test } from 'vitest';
import { ACCOUNT, callBy, DAY_MS, faultOf, OTHER_ACCOUNT, REGION, Rig, START_MS } from '../rig.ts';

const ALIAS_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/x`;
const EXISTS = {
  code: 'AlreadyExistsException',
  detail: `An alias with the name ${ALIAS_ARN} already exists`,
};
const NOT_FOUND = { code: 'NotFoundException', detail: `Alias ${ALIAS_ARN} is not found.` };
const BAD_NAMES = [
  {
    aliasName: 'x',
    code: 'ValidationException',
    detail:
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
  },
  { aliasName: 'alias/aws/s3', code: 'NotAuthorizedException', detail: undefined },
  {
    aliasName: 'alias/my:alias',
    code: 'ValidationException',
    detail: 'alias/my:alias contains invalid characters for an alias',
  },
];

describe('CreateAlias', () => {
  it('gives a key a name, by its id or its ARN', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    expect(await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id })).toBeUndefined();
    await rig.run('CreateAlias', { aliasName: 'alias/y', targetKeyId: arn });
    expect((await rig.run('DescribeKey', { keyId: 'alias/x' })).keyMetadata?.arn).toBe(arn);
    expect((await rig.run('DescribeKey', { keyId: 'alias/y' })).keyMetadata?.arn).toBe(arn);
  });

  test.for(BAD_NAMES)('refuses the name $aliasName', async ({ aliasName, ...fault }) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await faultOf(rig.run('CreateAlias', { aliasName, targetKeyId: id }))).toEqual(fault);
  });

  test.for(['alias/x', ALIAS_ARN])('refuses the alias %s as its target', async (targetKeyId) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.addAlias('alias/x', id);
    expect(await faultOf(rig.run('CreateAlias', { aliasName: 'alias/y', targetKeyId }))).toEqual({
      code: 'ValidationException',
      detail: 'Aliases must refer to keys. Not aliases',
    });
  });

  it('refuses a name that is taken, also for the same key', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id });
    expect(await faultOf(rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id }))).toEqual(EXISTS);
  });

  it('knows names by account and Region, and by case', async () => {
    const rig = new Rig();
    const calls = [callBy(), callBy({ account: OTHER_ACCOUNT }), callBy({ region: 'us-east-1' })];
    for (const call of calls) {
      const { id } = await rig.newKey(call);
      await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id }, call);
      await rig.run('CreateAlias', { aliasName: 'alias/X', targetKeyId: id }, call);
    }
    expect((await rig.run('ListAliases', {})).aliases?.map(({ aliasName }) => aliasName)).toEqual([
      'alias/X',
      'alias/x',
    ]);
  });

  it('of one name by many callers at once has one winner', async () => {
    const rig = new Rig();
    const keys = await Promise.all(Array.from({ length: 10 }, () => rig.newKey()));
    const outcomes = await Promise.allSettled(
      keys.map(({ id }) => rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id })),
    );
    const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost.map(({ reason: { code, detail } }) => ({ code, detail }))).toEqual(Array(9).fill(EXISTS));
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: 'alias/x' });
    expect(keyMetadata?.keyId).toBe(keys[won]?.id);
  });

  it('loses against a deletion of the key that comes first', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    rig.store.beforeCommit = async () => {
      rig.store.beforeCommit = () => Promise.resolve();
      await rig.run('ScheduleKeyDeletion', { keyId: id });
    };
    expect(await faultOf(rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id }))).toEqual({
      code: 'KMSInvalidStateException',
      detail: `${arn} is pending deletion.`,
    });
    expect(await rig.run('ListAliases', {})).toEqual({ aliases: [], truncated: false });
  });

  it('stops at 50 aliases for a key', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const other = await rig.newKey();
    for (let at = 0; at < 50; at += 1) {
      await rig.run('CreateAlias', { aliasName: `alias/${at}`, targetKeyId: id });
    }
    expect(await faultOf(rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id }))).toEqual({
      code: 'LimitExceededException',
      detail: 'Aliases per key quota for this account in this region is 50, current usage is 50.',
    });
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: other.id });
  });

  it('needs the permission for the alias and for the key', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    rig.questions.length = 0;
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id });
    expect(asked(rig)).toEqual([`CreateAlias ${arn}`, `CreateAlias ${ALIAS_ARN}`]);
  });
});

describe('UpdateAlias', () => {
  it('leads to another key from then on', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: from.id });
    rig.nowMs += DAY_MS;
    expect(await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.arn })).toBeUndefined();
    expect(await rig.run('ListAliases', { keyId: from.id })).toEqual({ aliases: [], truncated: false });
    expect((await rig.run('ListAliases', { keyId: to.id })).aliases).toEqual([
      {
        aliasName: 'alias/x',
        aliasArn: ALIAS_ARN,
        targetKeyId: to.id,
        creationDate: START_MS,
        lastUpdatedDate: START_MS + DAY_MS,
      },
    ]);
  });

  it('leaves a key that is pending deletion, and does not come to one', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: from.id });
    await rig.run('ScheduleKeyDeletion', { keyId: from.id });
    await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id });
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: from.id }))).toEqual({
      code: 'KMSInvalidStateException',
      detail: `${from.arn} is pending deletion.`,
    });
  });

  test.for([
    { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', type: 'HMAC' },
    { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', type: 'asymmetric' },
  ] as const)('stays with keys of its type and usage: not $spec', async ({ spec, usage, type }) => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.alter(to.id, { spec, usage });
    await rig.addAlias('alias/x', from.id);
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id }))).toEqual({
      code: 'ValidationException',
      detail: `The alias leads to a key of type symmetric and usage ENCRYPT_DECRYPT, and can only be moved to another such key; the target is of type ${type} and usage ${usage}.`,
    });
  });

  it('moves between specs of one type and usage', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.alter(from.id, { spec: 'RSA_2048', usage: 'SIGN_VERIFY' });
    await rig.alter(to.id, { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
    await rig.addAlias('alias/x', from.id);
    await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id });
    expect((await rig.run('ListAliases', { keyId: to.id })).aliases).toHaveLength(1);
  });

  it('does not move to another usage', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.alter(from.id, { spec: 'RSA_2048', usage: 'SIGN_VERIFY' });
    await rig.alter(to.id, { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
    await rig.addAlias('alias/x', from.id);
    const refused = await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id }));
    expect(refused.code).toBe('ValidationException');
  });

  it('counts for the key it comes to, unless it is there already', async () => {
    const rig = new Rig({ aliasesPerKey: 1 });
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: from.id });
    await rig.run('CreateAlias', { aliasName: 'alias/y', targetKeyId: to.id });
    await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: from.id });
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id }))).toEqual({
      code: 'LimitExceededException',
      detail: 'Aliases per key quota for this account in this region is 1, current usage is 1.',
    });
  });

  it('needs an alias that exists', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: id }))).toEqual(
      NOT_FOUND,
    );
  });

  test.for(BAD_NAMES)('refuses the name $aliasName', async ({ aliasName, ...fault }) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await faultOf(rig.run('UpdateAlias', { aliasName, targetKeyId: id }))).toEqual(fault);
  });

  it('decides again when the alias is deleted in between', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/x', from.id);
    rig.store.beforeCommit = async () => {
      rig.store.beforeCommit = () => Promise.resolve();
      await rig.run('DeleteAlias', { aliasName: 'alias/x' });
    };
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id }))).toEqual(
      NOT_FOUND,
    );
  });

  it('loses against a deletion of its target that comes first', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/x', from.id);
    rig.store.beforeCommit = async () => {
      rig.store.beforeCommit = () => Promise.resolve();
      await rig.run('ScheduleKeyDeletion', { keyId: to.id });
    };
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id }))).toEqual({
      code: 'KMSInvalidStateException',
      detail: `${to.arn} is pending deletion.`,
    });
    expect((await rig.run('ListAliases', { keyId: from.id })).aliases).toHaveLength(1);
  });

  it('decides again when the alias is moved before it is looked at', async () => {
    const rig = new Rig();
    const [from, between, to] = [await rig.newKey(), await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/x', from.id);
    rig.authorize = async () => {
      rig.authorize = () => undefined;
      await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: between.id });
    };
    rig.questions.length = 0;
    await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id });
    expect(asked(rig).slice(-3)).toEqual([
      `UpdateAlias ${between.arn}`,
      `UpdateAlias ${to.arn}`,
      `UpdateAlias ${ALIAS_ARN}`,
    ]);
    expect((await rig.run('ListAliases', { keyId: to.id })).aliases).toHaveLength(1);
  });

  it('decides again when the alias is deleted before it is looked at', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.addAlias('alias/x', id);
    rig.authorize = async () => {
      rig.authorize = () => undefined;
      await rig.run('DeleteAlias', { aliasName: 'alias/x' });
    };
    expect(await faultOf(rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: id }))).toEqual(
      NOT_FOUND,
    );
  });

  it('needs the permission for the alias and for both keys', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/x', from.id);
    rig.questions.length = 0;
    await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id });
    expect(asked(rig)).toEqual([
      `UpdateAlias ${from.arn}`,
      `UpdateAlias ${to.arn}`,
      `UpdateAlias ${ALIAS_ARN}`,
    ]);
  });
});

describe('DeleteAlias', () => {
  it('frees the name, and leaves the key', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id });
    expect(await rig.run('DeleteAlias', { aliasName: 'alias/x' })).toBeUndefined();
    expect(await faultOf(rig.run('DescribeKey', { keyId: 'alias/x' }))).toEqual(NOT_FOUND);
    expect(await faultOf(rig.run('DeleteAlias', { aliasName: 'alias/x' }))).toEqual(NOT_FOUND);
    await rig.run('CreateAlias', { aliasName: 'alias/x', targetKeyId: id });
  });

  test.for(BAD_NAMES)('refuses the name $aliasName', async ({ aliasName, ...fault }) => {
    expect(await faultOf(new Rig().run('DeleteAlias', { aliasName }))).toEqual(fault);
  });

  it('deletes the alias wherever it leads by then', async () => {
    const rig = new Rig();
    const [from, to] = [await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/x', from.id);
    rig.store.beforeCommit = async () => {
      rig.store.beforeCommit = () => Promise.resolve();
      await rig.run('UpdateAlias', { aliasName: 'alias/x', targetKeyId: to.id });
    };
    await rig.run('DeleteAlias', { aliasName: 'alias/x' });
    expect(await rig.run('ListAliases', {})).toEqual({ aliases: [], truncated: false });
  });

  it('needs the permission for the alias and for the key', async () => {
    const rig = new Rig();
    const { id, arn } = await rig.newKey();
    await rig.addAlias('alias/x', id);
    rig.questions.length = 0;
    await rig.run('DeleteAlias', { aliasName: 'alias/x' });
    expect(asked(rig)).toEqual([`DeleteAlias ${arn}`, `DeleteAlias ${ALIAS_ARN}`]);
  });
});

describe('ListAliases', () => {
  it('lists those of one key, which has to exist', async () => {
    const rig = new Rig();
    const [one, two] = [await rig.newKey(), await rig.newKey()];
    await rig.addAlias('alias/one', one.id);
    await rig.addAlias('alias/two', two.id);
    const { aliases } = await rig.run('ListAliases', { keyId: two.arn });
    expect(aliases?.map(({ aliasName }) => aliasName)).toEqual(['alias/two']);
    expect(await faultOf(rig.run('ListAliases', { keyId: 'foo' }))).toEqual({
      code: 'NotFoundException',
      detail: "Invalid keyId 'foo'",
    });
    expect(await faultOf(rig.run('ListAliases', { keyId: 'alias/one' }))).toMatchObject({
      code: 'NotFoundException',
    });
  });

  it('needs no permission for keys', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    rig.questions.length = 0;
    await rig.run('ListAliases', { keyId: id });
    expect(asked(rig)).toEqual(['ListAliases *']);
  });
});

function asked(rig: Rig): string[] {
  return rig.questions.map(({ action, resource }) =>
    [action, resource.kind === 'any' ? '*' : resource.arn].join(' '),
  );
}
