import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { ACCESS_KEY_ID, ALICE, type Ask, KmsRig } from './rig.ts';

const DAY = '20260102';
const SCOPE = `Credential=${ACCESS_KEY_ID}/${DAY}/us-east-1/kms/aws4_request`;
const HEADERS = 'SignedHeaders=host;x-amz-date;x-amz-target';
const SIGNATURE = `Signature=${'0'.repeat(64)}`;
const authorization = (...elements: string[]): Ask => ({
  unsigned: true,
  unsignedHeaders: ['Authorization', `AWS4-HMAC-SHA256 ${elements.join(', ')}`],
});
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const MINUTE = 60_000;
const WRONG =
  'InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

describe('a request that does not authenticate', () => {
  test.for<{ what: string; ask: Ask; told: string }>([
    {
      what: 'no Authorization header',
      ask: { unsigned: true },
      told: 'MissingAuthenticationTokenException: Missing Authentication Token',
    },
    {
      what: 'another scheme',
      ask: { unsigned: true, unsignedHeaders: ['Authorization', 'Bearer x'] },
      told: "IncompleteSignatureException: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
    },
    {
      what: 'no signature in it',
      ask: authorization(SCOPE, HEADERS),
      told: "IncompleteSignatureException: Authorization header requires 'Signature' parameter.",
    },
    {
      what: 'no date',
      ask: { ...authorization(SCOPE, HEADERS, SIGNATURE), headers: { 'X-Amz-Date': undefined } },
      told: "IncompleteSignatureException: Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    },
    {
      what: 'an access key that is not known',
      ask: { accessKeyId: 'AKIAUNKNOWN000000000' },
      told: 'UnrecognizedClientException: The security token included in the request is invalid.',
    },
    { what: 'another secret', ask: { secret: 'another' }, told: WRONG },
    { what: 'a signature of its own', ask: authorization(SCOPE, HEADERS, SIGNATURE), told: WRONG },
    {
      what: 'a clock that is slow',
      ask: { signedAtMs: now - 6 * MINUTE },
      told: 'InvalidSignatureException: Signature expired: 20260102T025805Z is now earlier than 20260102T025905Z (20260102T030405Z - 5 min.)',
    },
    {
      what: 'a clock that is fast',
      ask: { signedAtMs: now + 6 * MINUTE },
      told: 'InvalidSignatureException: Signature not yet current: 20260102T031005Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)',
    },
    {
      what: 'no Region',
      ask: { region: 'nowhere' },
      told: 'InvalidSignatureException: Credential should be scoped to a valid region.',
    },
    {
      what: 'another service',
      ask: { service: 's3' },
      told: "InvalidSignatureException: Credential should be scoped to correct service: 'kms'.",
    },
    {
      what: 'a session token that nobody gave',
      ask: { sessionToken: 'x' },
      told: 'UnrecognizedClientException: The security token included in the request is invalid.',
    },
    {
      what: 'a signature in the query string',
      ask: { unsigned: true, path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00' },
      told: 'MissingAuthenticationTokenException: Signatures in the query string (presigned requests) are not accepted here; send the Authorization header.',
    },
  ])('is told: $what', async ({ ask, told }) => {
    const rig = new KmsRig();
    expect(await rig.told(ask)).toBe(`400 ${told}`);
    expect(rig.runs).toEqual([]);
    expect(rig.lastLine()).not.toHaveProperty('account');
  });

  it('may have a clock that is five minutes off', async () => {
    const rig = new KmsRig();
    expect(await rig.told({ signedAtMs: now - 5 * MINUTE })).toBe('200');
    expect(await rig.told({ signedAtMs: now + 5 * MINUTE })).toBe('200');
  });

  it('is refused when the header that names the operation is not signed', async () => {
    const rig = new KmsRig();
    const unsignedHeaders = ['X-Amz-Target', 'TrentService.ScheduleKeyDeletion'];
    expect(await rig.told({ headers: { 'X-Amz-Target': undefined }, unsignedHeaders })).toBe(
      "400 InvalidSignatureException: 'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  it('is refused in a Region that is not served', async () => {
    const rig = new KmsRig({ regions: ['eu-west-1'] });
    expect(await rig.told({ region: 'eu-west-1' })).toBe('200');
    expect(await rig.told({ region: 'us-east-1' })).toMatch('Credential should be scoped to a valid region.');
  });
});

describe('temporary credentials', () => {
  const rigWith = (sessionExpiresMs?: number): KmsRig => {
    const rig = new KmsRig();
    const session = { ...ALICE, sessionToken: new Secret('token/1') };
    rig.credentials.set(
      ACCESS_KEY_ID,
      sessionExpiresMs === undefined ? session : { ...session, sessionExpiresMs },
    );
    return rig;
  };

  test.for<{ what: string; token?: string; expiresMs?: number; told: string }>([
    { what: 'their token', token: 'token/1', told: '200' },
    { what: 'another token', token: 'token/2', told: '400 UnrecognizedClientException' },
    { what: 'no token', told: '400 UnrecognizedClientException' },
    { what: 'a token that has expired', token: 'token/1', expiresMs: now, told: '400 ExpiredTokenException' },
  ])('with $what: $told', async ({ token, expiresMs, told }) => {
    const sent = token === undefined ? {} : { sessionToken: token };
    expect(await rigWith(expiresMs).told(sent)).toMatch(told);
  });
});

describe('open mode', () => {
  test.for<{ accessKeyId: string; account: string; region: string; arn: string }>([
    {
      accessKeyId: 'test',
      account: '123456789012',
      region: 'us-east-1',
      arn: 'arn:aws:iam::123456789012:root',
    },
    {
      accessKeyId: '444455556666',
      account: '444455556666',
      region: 'eu-west-1',
      arn: 'arn:aws:iam::444455556666:root',
    },
    {
      accessKeyId: '4444555566667',
      account: '123456789012',
      region: 'cn-north-1',
      arn: 'arn:aws-cn:iam::123456789012:root',
    },
  ])(
    'takes the access key $accessKeyId as root of $account',
    async ({ accessKeyId, account, region, arn }) => {
      const rig = new KmsRig({ dangerOpen: true });
      expect(await rig.told({ accessKeyId, region, secret: 'any', signedAtMs: 0 })).toBe('200');
      expect(rig.runs[0]?.call).toMatchObject({
        region,
        caller: { account, principalArn: arn, userId: account, accessKeyId },
      });
      expect(rig.lastLine()).toMatchObject({ account, verified: false });
    },
  );

  it('still verifies an access key that is known', async () => {
    const rig = new KmsRig({ dangerOpen: true });
    expect(await rig.told({ secret: 'another' })).toBe(`400 ${WRONG}`);
    expect(await rig.told()).toBe('200');
  });

  it('still wants an Authorization header', async () => {
    const rig = new KmsRig({ dangerOpen: true });
    expect(await rig.told({ unsigned: true })).toMatch('MissingAuthenticationTokenException');
  });
});
