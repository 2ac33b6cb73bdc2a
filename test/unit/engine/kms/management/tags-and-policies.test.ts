import { describe, expect, it, test } from 'vitest';
import { ACCOUNT, faultOf, Rig } from '../rig.ts';

const tag = (tagKey: string, tagValue = 'v') => ({ tagKey, tagValue });

describe('TagResource and UntagResource', () => {
  it('add, change and remove tags', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await rig.run('TagResource', { keyId: id, tags: [tag('b', '1'), tag('a', '2')] })).toBeUndefined();
    await rig.run('TagResource', { keyId: id, tags: [tag('b', '3')] });
    expect(await rig.run('ListResourceTags', { keyId: id })).toEqual({
      tags: [tag('a', '2'), tag('b', '3')],
      truncated: false,
    });
    expect(await rig.run('UntagResource', { keyId: id, tagKeys: ['a', 'absent'] })).toBeUndefined();
    expect((await rig.run('ListResourceTags', { keyId: id })).tags).toEqual([tag('b', '3')]);
  });

  test.for([
    { what: 'a key twice', tags: [tag('a'), tag('a')], detail: 'Duplicate tag keys' },
    { what: 'a reserved key', tags: [tag('Aws:a')], detail: 'Tags beginning with aws: are reserved' },
    {
      what: '51 tags',
      tags: Array.from({ length: 51 }, (_, at) => tag(`t${at}`)),
      detail: 'Too many tags',
    },
  ])('refuse $what', async ({ tags, detail }) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    expect(await faultOf(rig.run('TagResource', { keyId: id, tags }))).toEqual({
      code: 'TagException',
      detail,
    });
  });

  it('refuse the 51st tag of a key', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const tags = Array.from({ length: 50 }, (_, at) => tag(`t${at}`));
    await rig.run('TagResource', { keyId: id, tags });
    expect(await faultOf(rig.run('TagResource', { keyId: id, tags: [tag('x')] }))).toEqual({
      code: 'TagException',
      detail: 'Too many tags',
    });
    await rig.run('TagResource', { keyId: id, tags: [tag('t0', 'other')] });
  });

  it('by many callers at once lose nothing', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => rig.run('TagResource', { keyId: id, tags: [tag(name)] })));
    const { tags } = await rig.run('ListResourceTags', { keyId: id });
    expect(tags?.map(({ tagKey }) => tagKey)).toEqual(names);
  });
});

describe('key policies', () => {
  it('give everything to the account by default', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const { policy, policyName } = await rig.run('GetKeyPolicy', { keyId: id });
    expect(policyName).toBe('default');
    expect(JSON.stringify(JSON.parse(policy as string))).toBe(
      `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${ACCOUNT}:root"},"Action":"kms:*","Resource":"*"}]}`,
    );
  });

  test.for([undefined, 'default'])('are replaced and returned as they were given, named %s', async (name) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const policy = '{ "Version":"2012-10-17",\n "Statement":[] }';
    const named = { keyId: id, ...(name !== undefined && { policyName: name }) };
    expect(await rig.run('PutKeyPolicy', { ...named, policy })).toBeUndefined();
    expect(await rig.run('GetKeyPolicy', named)).toEqual({ policy, policyName: 'default' });
  });

  it('have no other name', async () => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const fault = { code: 'NotFoundException', detail: 'No such policy exists' };
    const named = { keyId: id, policyName: 'other' };
    expect(await faultOf(rig.run('GetKeyPolicy', named))).toEqual(fault);
    expect(await faultOf(rig.run('PutKeyPolicy', { ...named, policy: '{}' }))).toEqual(fault);
    expect(await rig.run('ListKeyPolicies', { keyId: id })).toEqual({
      policyNames: ['default'],
      truncated: false,
    });
  });

  test.for([
    { what: 'no JSON', policy: '{', code: 'MalformedPolicyDocumentException' },
    { what: 'too long', policy: `{"Id":"${'x'.repeat(32_768)}"}`, code: 'LimitExceededException' },
  ])('are not $what', async ({ policy, code }) => {
    const rig = new Rig();
    const { id } = await rig.newKey();
    const before = await rig.run('GetKeyPolicy', { keyId: id });
    expect(await faultOf(rig.run('PutKeyPolicy', { keyId: id, policy }))).toMatchObject({ code });
    expect(await rig.run('GetKeyPolicy', { keyId: id })).toEqual(before);
  });
});
