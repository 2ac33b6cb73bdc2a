import { describe, expect, it, test } from 'vitest';
import { checkPolicyDocument, defaultPolicy } from '../../../../src/domain/key/key-policy.ts';
import { refusalOf } from './refusal.ts';

describe('policies of keys', () => {
  test.for(['{}', ' {"Version":"2012-10-17","Statement":[]}\n', `{"Id":"${'x'.repeat(32_759)}"}`])(
    'a JSON object of up to 32 768 bytes is one (#%$)',
    (policy) => {
      expect(() => checkPolicyDocument(policy)).not.toThrow();
    },
  );

  test.for([
    { what: 'no JSON', policy: 'Allow all' },
    { what: 'cut short', policy: '{"Version":' },
    { what: 'a list', policy: '[]' },
    { what: 'a text', policy: '"{}"' },
    { what: 'null', policy: 'null' },
  ])('$what is malformed', ({ policy }) => {
    expect(refusalOf(() => checkPolicyDocument(policy))).toBe(
      'MalformedPolicyDocumentException: Syntax errors in policy.',
    );
  });

  test.for([
    { what: '32 769 characters', policy: `{"Id":"${'x'.repeat(32_760)}"}` },
    { what: 'fewer characters, each of two bytes', policy: `{"Id":"${'é'.repeat(16_380)}"}` },
  ])('$what are too many', ({ policy }) => {
    expect(refusalOf(() => checkPolicyDocument(policy))).toMatch(/^LimitExceededException: /);
  });

  it('by default give everything to the account itself', () => {
    const policy = defaultPolicy('arn:aws:iam::111122223333:root');
    expect(JSON.stringify(JSON.parse(policy))).toBe(
      '{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}',
    );
    expect(policy.split('\n').slice(0, 4)).toEqual([
      '{',
      '  "Version" : "2012-10-17",',
      '  "Id" : "key-default-1",',
      '  "Statement" : [ {',
    ]);
  });
});
