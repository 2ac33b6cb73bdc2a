import { describe, expect, test } from 'vitest';
import { KmsRig } from './rig.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('the KMS endpoint', () => {
  test('decodes a request, lets the engine do it, and encodes what it gives', async () => {
    const rig = new KmsRig();
    rig.output = {
      ciphertextBlob: Uint8Array.of(0xfb, 0xff, 0xbf, 0),
      keyId: KEY_ARN,
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    };
    const { status, body } = await rig.ask({
      operation: 'Encrypt',
      region: 'eu-west-1',
      body: {
        KeyId: 'alias/a',
        Plaintext: 'aGVsbG8=',
        EncryptionContext: { a: 'b' },
        Unknown: [1],
        DryRun: null,
      },
    });
    expect(status).toBe(200);
    expect(body).toBe(
      `{"CiphertextBlob":"+/+/AA==","EncryptionAlgorithm":"SYMMETRIC_DEFAULT","KeyId":"${KEY_ARN}"}`,
    );
    expect(rig.runs).toHaveLength(1);
    expect(rig.runs[0]).toEqual({
      name: 'Encrypt',
      input: { keyId: 'alias/a', plaintext: Buffer.from('hello'), encryptionContext: { a: 'b' } },
      call: {
        requestId: '01010101-0101-4101-8101-010101010101',
        caller: {
          account: '111122223333',
          principalArn: 'arn:aws:iam::111122223333:user/Alice',
          userId: 'AIDACKCEVSQ6C2EXAMPLE',
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        },
        region: 'eu-west-1',
        deadlineMs: 6_000,
        trace: { queueMs: 0, tokenMs: 0, host: undefined },
      },
    });
  });
});
