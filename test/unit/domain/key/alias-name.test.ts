import { describe, expect, test } from 'vitest';
import { checkAliasName } from '../../../../src/domain/key/alias-name.ts';
import { refusalOf } from './refusal.ts';

describe('alias names', () => {
  test.for(['alias/x', 'alias/prod/web_1-a', 'alias/aws', 'alias/awsome', 'alias/AWS/x', 'alias/alias/x'])(
    '%s is one',
    (name) => {
      expect(() => checkAliasName(name)).not.toThrow();
    },
  );

  test.for([
    {
      name: 'x',
      refusal:
        'ValidationException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    },
    {
      name: 'Alias/x',
      refusal:
        'ValidationException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    },
    { name: 'alias/aws/s3', refusal: 'NotAuthorizedException' },
    { name: 'alias/aws/', refusal: 'NotAuthorizedException' },
    {
      name: 'alias/my:alias',
      refusal: 'ValidationException: alias/my:alias contains invalid characters for an alias',
    },
    {
      name: 'alias/',
      refusal: 'InvalidAliasNameException: The alias name has nothing after the prefix "alias/".',
    },
  ])('$name is refused: $refusal', ({ name, refusal }) => {
    expect(refusalOf(() => checkAliasName(name))).toBe(refusal);
  });
});
