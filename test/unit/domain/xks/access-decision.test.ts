import { describe, expect, it, test } from 'vitest';
import { decideAccess } from '../../../../src/domain/xks/access-decision.ts';
import type { PolicyStatement } from '../../../../src/domain/xks/access-policy.ts';
import { attributes } from './samples.ts';

const decide = (
  fallback: 'ALLOW' | 'DENY',
  statements: readonly PolicyStatement[],
  request: Parameters<typeof attributes>[0] = {},
) => decideAccess({ default: fallback, statements }, 'foo', attributes(request));

describe('the access policy', () => {
  test.for([
    { fallback: 'ALLOW' as const, allowed: true },
    { fallback: 'DENY' as const, allowed: false },
  ])('X-67: without a matching statement the default $fallback decides', ({ fallback, allowed }) => {
    const other: PolicyStatement = { sid: 'other', effect: 'DENY', externalKeyIds: ['bar'] };
    expect(decide(fallback, [other])).toEqual({ allowed, statement: undefined });
  });

  it('mistake 13: the default that trusts the decision of AWS allows a role nobody listed', () => {
    expect(decide('ALLOW', [], { awsPrincipalArn: 'arn:aws:sts::1:assumed-role/new/x' }).allowed).toBe(true);
  });

  it('X-67: an ALLOW lifts a default of DENY, and the first one is named', () => {
    const first: PolicyStatement = { sid: 'first', effect: 'ALLOW', externalKeyIds: ['f*'] };
    const second: PolicyStatement = { sid: 'second', effect: 'ALLOW' };
    expect(decide('DENY', [first, second])).toEqual({ allowed: true, statement: first });
  });

  it('X-67 X-68: a DENY wins over ALLOW on either side of it, and is named', () => {
    const allow: PolicyStatement = { sid: 'allow', effect: 'ALLOW' };
    const deny: PolicyStatement = { sid: 'deny', effect: 'DENY', accounts: ['123456789012'] };
    expect(decide('ALLOW', [allow, deny, allow])).toEqual({ allowed: false, statement: deny });
  });

  test.for([
    { field: 'externalKeyIds', pattern: 'f?o', other: 'f', request: {} },
    { field: 'principals', pattern: 'arn:aws:iam::*:user/*', other: 'arn:aws:iam::*:role/*', request: {} },
    {
      field: 'principals',
      pattern: 'AWS Internal',
      other: 'AWS*x',
      request: { awsPrincipalArn: 'AWS Internal' },
    },
    {
      field: 'principals',
      pattern: '*.amazonaws.com',
      other: 's3',
      request: { awsPrincipalArn: 's3.amazonaws.com' },
    },
    { field: 'accounts', pattern: '123456789012', other: '210987654321', request: {} },
    { field: 'accounts', pattern: '1234*', other: '4321*', request: {} },
    { field: 'kmsOperations', pattern: 'Enc*', other: 'Decrypt', request: {} },
    { field: 'kmsKeyArns', pattern: '*:key/k1', other: '*:key/k2', request: {} },
    { field: 'kmsViaServices', pattern: 'ebs', other: 's3', request: { kmsViaService: 'ebs' } },
    { field: 'sourceVpcs', pattern: 'vpc-1', other: 'vpc-2', request: { awsSourceVpc: 'vpc-1' } },
    { field: 'sourceVpces', pattern: 'vpce-1', other: 'vpce-2', request: { awsSourceVpce: 'vpce-1' } },
    { field: 'regions', pattern: 'us-*', other: 'eu-*', request: {} },
    { field: 'accessKeyIds', pattern: 'PORTCULLIS*', other: 'OTHER*', request: {} },
  ])('mistake 13: X-67: a statement can ask for $field "$pattern"', ({ field, pattern, other, request }) => {
    const asking = (patterns: readonly string[]): PolicyStatement => ({
      sid: 's',
      effect: 'DENY',
      [field]: patterns,
    });
    expect(decide('ALLOW', [asking([pattern])], request).allowed).toBe(false);
    expect(decide('ALLOW', [asking([other, pattern])], request).allowed).toBe(false);
    expect(decide('ALLOW', [asking([other])], request).allowed).toBe(true);
  });

  it('X-67: all fields of a statement must match', () => {
    const both: PolicyStatement = {
      sid: 's',
      effect: 'DENY',
      externalKeyIds: ['foo'],
      regions: ['eu-west-1'],
    };
    expect(decide('ALLOW', [both]).allowed).toBe(true);
  });

  test.for([
    { field: 'principals', request: { awsPrincipalArn: undefined } },
    { field: 'accounts', request: { awsPrincipalArn: undefined } },
    { field: 'accounts', request: { awsPrincipalArn: 'AWS Internal' } },
    { field: 'accounts', request: { awsPrincipalArn: 'arn:aws' } },
    { field: 'accounts', request: { awsPrincipalArn: 'arn:aws:s3:::bucket' } },
    { field: 'kmsKeyArns', request: { kmsKeyArn: undefined } },
    { field: 'kmsViaServices', request: {} },
    { field: 'sourceVpcs', request: {} },
    { field: 'sourceVpces', request: {} },
  ])('X-14 X-15: what the request lacks matches no pattern of $field, not even *', ({ field, request }) => {
    const statement: PolicyStatement = { sid: 's', effect: 'ALLOW', [field]: ['*'] };
    expect(decide('DENY', [statement], request).allowed).toBe(false);
  });

  it('X-67: a statement with an empty list matches nothing', () => {
    expect(decide('ALLOW', [{ sid: 's', effect: 'DENY', principals: [] }]).allowed).toBe(true);
  });
});
