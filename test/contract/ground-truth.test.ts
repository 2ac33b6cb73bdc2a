import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlockCipher, gcmStream, gcmTag } from '../support/block-gcm.ts';
import {
  decryptBody,
  encryptBody,
  metadata,
  type RunningProxy,
  startProxy,
} from '../support/running-proxy.ts';

const knownKey = randomBytes(32);
const aad = Buffer.from('department=10,project=nile');
/** u16be(len AAD) ‖ AAD ‖ u8(len metadata), as the proxy must authenticate it. */
const boundAad = Buffer.concat([Buffer.from([0, aad.length]), aad, Buffer.from([0])]);
const more = { additionalAuthenticatedData: aad.toString('base64') };

let proxy: RunningProxy;

beforeAll(async () => {
  proxy = await startProxy(
    { keys: { known: { token: 'soft', label: 'known' }, gone: { token: 'soft', id: '0c' } } },
    async (token) => {
      await token.addAesKey({ label: 'known', id: '0b', value: knownKey });
      await token.addAesKey({ label: 'gone', id: '0c' });
    },
  );
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

function bytes(body: Record<string, unknown>, field: string): Buffer {
  return Buffer.from(body[field] as string, 'base64');
}

const inToken: BlockCipher = (blocks) => proxy.token.encryptBlocks({ id: '0a01' }, blocks);

describe('what the token itself says', () => {
  it('X-26 X-32: pkcs11-tool, with the key in the token, decrypts what the proxy encrypted', async () => {
    const plaintext = randomBytes(50);
    const { body } = await proxy.post('keys/foo/encrypt', encryptBody(plaintext, more));
    const text = { iv: bytes(body, 'initializationVector'), aad: boundAad };
    const ciphertext = bytes(body, 'ciphertext');
    expect((await gcmStream(inToken, text, ciphertext)).toString('hex')).toBe(plaintext.toString('hex'));
    expect((await gcmTag(inToken, text, ciphertext)).toString('hex')).toBe(
      bytes(body, 'authenticationTag').toString('hex'),
    );
  });

  it('X-26 X-32: the proxy decrypts what pkcs11-tool, with the key in the token, encrypted', async () => {
    const plaintext = randomBytes(33);
    const text = { iv: randomBytes(12), aad: boundAad };
    const ciphertext = await gcmStream(inToken, text, plaintext);
    const made = {
      ciphertext: ciphertext.toString('base64'),
      initializationVector: text.iv.toString('base64'),
      authenticationTag: (await gcmTag(inToken, text, ciphertext)).toString('base64'),
    };
    const { body } = await proxy.post('keys/foo/decrypt', decryptBody(made, more));
    expect(body).toEqual({ plaintext: plaintext.toString('base64') });
  });

  it.for([{ ivBytes: 12 }, { ivBytes: 16 }])(
    'X-37: decrypts under a $ivBytes-byte IV what OpenSSL encrypted with the same key',
    async ({ ivBytes }) => {
      const plaintext = randomBytes(100);
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', knownKey, iv).setAAD(boundAad);
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const made = {
        ciphertext: ciphertext.toString('base64'),
        initializationVector: iv.toString('base64'),
        authenticationTag: cipher.getAuthTag().toString('base64'),
      };
      const { body } = await proxy.post('keys/known/decrypt', decryptBody(made, more));
      expect(body).toEqual({ plaintext: plaintext.toString('base64') });
    },
  );

  it('X-28 X-29: OpenSSL decrypts with the same key what the proxy encrypted', async () => {
    const plaintext = randomBytes(100);
    const { body } = await proxy.post('keys/known/encrypt', encryptBody(plaintext, more));
    const decipher = createDecipheriv('aes-256-gcm', knownKey, bytes(body, 'initializationVector'))
      .setAAD(boundAad)
      .setAuthTag(bytes(body, 'authenticationTag'));
    const opened = Buffer.concat([decipher.update(bytes(body, 'ciphertext')), decipher.final()]);
    expect(opened.equals(plaintext)).toBe(true);
  });

  it.for([
    { field: 'ciphertext' },
    { field: 'initializationVector' },
    { field: 'authenticationTag' },
    { field: 'additionalAuthenticatedData' },
  ])('X-50: one flipped bit in $field is an InvalidCiphertextException', async ({ field }) => {
    const { body } = await proxy.post('keys/foo/encrypt', encryptBody(randomBytes(20), more));
    const request = decryptBody(body, more);
    const changed = bytes(request, field);
    changed[0] = (changed[0] as number) ^ 1;
    const answer = await proxy.post('keys/foo/decrypt', { ...request, [field]: changed.toString('base64') });
    expect([answer.status, answer.body['errorName']]).toEqual([400, 'InvalidCiphertextException']);
  });

  it('X-54: deleting the key on the token makes decryption fail', async () => {
    const { body } = await proxy.post('keys/gone/encrypt', encryptBody(randomBytes(20)));
    await proxy.token.deleteKey({ id: '0c' });
    const answer = await proxy.post('keys/gone/decrypt', decryptBody(body));
    expect([answer.status, answer.body['errorName']]).toEqual([404, 'KeyNotFoundException']);
    const described = await proxy.post('keys/gone/metadata', { requestMetadata: metadata('DescribeKey') });
    expect([described.status, described.body['errorName']]).toEqual([404, 'KeyNotFoundException']);
  });

  it('X-50: another key put in the place of a deleted one never decrypts its ciphertexts, and serves new ones', async () => {
    await proxy.token.addAesKey({ label: 'gone', id: '0c' });
    const first = await proxy.post('keys/gone/encrypt', encryptBody(randomBytes(20)));
    await proxy.token.deleteKey({ id: '0c' });
    await proxy.token.addAesKey({ label: 'gone', id: '0c' });
    const moment = await proxy.post('keys/gone/decrypt', decryptBody(first.body));
    expect([moment.status, moment.body['errorName']]).toEqual([503, 'DependencyTimeoutException']);
    const after = await proxy.post('keys/gone/decrypt', decryptBody(first.body));
    expect([after.status, after.body['errorName']]).toEqual([400, 'InvalidCiphertextException']);
    const second = await proxy.post('keys/gone/encrypt', encryptBody(randomBytes(20)));
    expect((await proxy.post('keys/gone/decrypt', decryptBody(second.body))).status).toBe(200);
  });
});
