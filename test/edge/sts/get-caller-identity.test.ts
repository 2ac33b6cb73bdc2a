import { describe, expect, it, test } from 'vitest';
import { type Ask, KmsRig } from '../kms/rig.ts';

const asked = (action: string, more: Ask = {}): Ask => ({
  service: 'sts',
  headers: {
    'X-Amz-Target': undefined,
    'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
  },
  body: `Action=${action}&Version=2011-06-15`,
  ...more,
});

describe('GetCallerIdentity', () => {
  it('says who signed, in whatever Region', async () => {
    const { status, body, options } = await new KmsRig().ask(
      asked('GetCallerIdentity', { region: 'eu-central-1' }),
    );
    expect(status).toBe(200);
    expect(options).toMatchObject({ contentType: 'text/xml' });
    expect(body.replace(/\n */g, '')).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/Alice</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>01010101-0101-4101-8101-010101010101</RequestId></ResponseMetadata></GetCallerIdentityResponse>',
    );
  });

  test.for<{ what: string; ask: Ask; status: number; code: string }>([
    { what: 'another operation', ask: asked('AssumeRole'), status: 400, code: 'InvalidAction' },
    { what: 'a name that is XML', ask: asked('%3Cb%3E'), status: 400, code: 'InvalidAction' },
    {
      what: 'another secret',
      ask: asked('GetCallerIdentity', { secret: 'another' }),
      status: 403,
      code: 'SignatureDoesNotMatch',
    },
    {
      what: 'a signature for KMS',
      ask: asked('GetCallerIdentity', { service: 'kms' }),
      status: 403,
      code: 'SignatureDoesNotMatch',
    },
    {
      what: 'an unknown access key',
      ask: asked('GetCallerIdentity', { accessKeyId: 'AKIAUNKNOWN000000000' }),
      status: 403,
      code: 'InvalidClientTokenId',
    },
    {
      what: 'no signature',
      ask: asked('GetCallerIdentity', { unsigned: true }),
      status: 403,
      code: 'MissingAuthenticationToken',
    },
  ])('fails in XML: $what', async ({ ask, status, code }) => {
    const answer = await new KmsRig().ask(ask);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`<Type>Sender</Type>\n    <Code>${code}</Code>`);
    expect(answer.body).not.toContain('<b>');
  });
});
