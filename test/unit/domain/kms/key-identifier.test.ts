import { describe, expect, test } from 'vitest';
import { accountArn, aliasArn, keyArn } from '../../../../src/domain/kms/arn.ts';
import { isKeyId, parseKeyIdentifier } from '../../../../src/domain/kms/key-identifier.ts';

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const MRK = 'mrk-0123456789abcdef0123456789abcdef';
const HERE = { partition: 'aws', region: 'eu-central-1', account: '111122223333' };

describe('a key identifier', () => {
  test.for([
    { text: UUID, parsed: { kind: 'key', name: UUID } },
    { text: MRK, parsed: { kind: 'key', name: MRK } },
    { text: 'alias/x', parsed: { kind: 'alias', name: 'alias/x' } },
    { text: 'alias/', parsed: { kind: 'alias', name: 'alias/' } },
    {
      text: `arn:aws:kms:eu-central-1:111122223333:key/${UUID}`,
      parsed: { kind: 'key', name: UUID, arn: HERE },
    },
    {
      text: `arn:aws:kms:eu-central-1:111122223333:key/${MRK}`,
      parsed: { kind: 'key', name: MRK, arn: HERE },
    },
    {
      text: 'arn:aws:kms:eu-central-1:111122223333:alias/a/b',
      parsed: { kind: 'alias', name: 'alias/a/b', arn: HERE },
    },
    {
      text: 'arn:aws-cn:kms:cn-north-1:111122223333:alias/x',
      parsed: {
        kind: 'alias',
        name: 'alias/x',
        arn: { partition: 'aws-cn', region: 'cn-north-1', account: '111122223333' },
      },
    },
  ])('$text is taken apart', ({ text, parsed }) => {
    expect(parseKeyIdentifier(text)).toStrictEqual(parsed);
  });

  test.for([
    'foo',
    '',
    'ALIAS/x',
    UUID.replaceAll('-', ''),
    `${UUID}0`,
    ` ${UUID}`,
    `${UUID}\n`,
    MRK.slice(0, -1),
    'mrk-0123456789abcdef0123456789abcdeg',
    `key/${UUID}`,
  ])('%j is no id', (text) => {
    expect(parseKeyIdentifier(text)).toStrictEqual({ kind: 'malformed id' });
  });

  test.for([
    'arn:',
    'arn:aws:kms',
    `arn:aws:kms:eu-central-1:111122223333:${UUID}`,
    'arn:aws:kms:eu-central-1:111122223333:key/foo',
    'arn:aws:kms:eu-central-1:111122223333:key/',
    `arn:aws:kms:eu-central-1:11112222333:key/${UUID}`,
    `arn:aws:s3:eu-central-1:111122223333:key/${UUID}`,
    `arn:aws-cn:kms:eu-central-1:111122223333:key/${UUID}`,
    `arn:aws:kms::111122223333:key/${UUID}`,
  ])('%s is no ARN of a key', (text) => {
    expect(parseKeyIdentifier(text)).toStrictEqual({ kind: 'malformed arn' });
  });

  test.for([
    { id: UUID, is: true },
    { id: UUID.toUpperCase(), is: true },
    { id: MRK, is: true },
    { id: 'alias/x', is: false },
  ])('$id: $is', ({ id, is }) => {
    expect(isKeyId(id)).toBe(is);
  });
});

describe('an ARN', () => {
  test.for([
    { region: 'eu-central-1', partition: 'aws' },
    { region: 'cn-north-1', partition: 'aws-cn' },
    { region: 'us-gov-west-1', partition: 'aws-us-gov' },
    { region: 'us-iso-east-1', partition: 'aws-iso' },
    { region: 'us-isob-east-1', partition: 'aws-iso-b' },
    { region: 'eu-isoe-west-1', partition: 'aws-iso-e' },
    { region: 'us-isof-south-1', partition: 'aws-iso-f' },
    { region: 'eusc-de-east-1', partition: 'aws-eusc' },
  ])('in $region is of the partition $partition', ({ region, partition }) => {
    const scope = { account: '111122223333', region };
    expect(keyArn({ ...scope, keyId: UUID })).toBe(`arn:${partition}:kms:${region}:111122223333:key/${UUID}`);
    expect(aliasArn({ ...scope, name: 'alias/x' })).toBe(
      `arn:${partition}:kms:${region}:111122223333:alias/x`,
    );
    expect(accountArn(scope)).toBe(`arn:${partition}:iam::111122223333:root`);
  });
});
