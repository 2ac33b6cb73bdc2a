import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decryptBody,
  encryptBody,
  metadata,
  type RunningProxy,
  startProxy,
} from '../support/running-proxy.ts';

let proxy: RunningProxy;

beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

describe('the whole proxy over a SoftHSM2 token', () => {
  it.for([{ bytes: 0 }, { bytes: 1 }, { bytes: 100 }, { bytes: 4300 }])(
    'X-24 X-28 X-29 X-39: encrypts $bytes bytes in the token and decrypts them again',
    async ({ bytes }) => {
      const plaintext = randomBytes(bytes);
      const aad = randomBytes(40).toString('base64');
      const more = { additionalAuthenticatedData: aad };
      const encrypted = await proxy.post('keys/foo/encrypt', encryptBody(plaintext, more));
      expect(encrypted.status).toBe(200);
      const decrypted = await proxy.post('keys/foo/decrypt', decryptBody(encrypted.body, more));
      expect(decrypted.body).toEqual({ plaintext: plaintext.toString('base64') });
    },
  );

  it('X-19 X-20 X-21 X-22: describes the key', async () => {
    const answer = await proxy.post('keys/foo/metadata', { requestMetadata: metadata('DescribeKey') });
    expect(answer.body).toEqual({
      keySpec: 'AES_256',
      keyUsage: ['ENCRYPT', 'DECRYPT'],
      keyStatus: 'ENABLED',
    });
  });
});
