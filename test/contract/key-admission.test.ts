import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptBody, metadata, type RunningProxy, startProxy, until } from '../support/running-proxy.ts';

let proxy: RunningProxy;
const soft = { token: 'soft' };

beforeAll(async () => {
  const keys = {
    twins: { ...soft, label: 'twins' },
    small: { ...soft, label: 'small' },
    loose: { ...soft, label: 'loose' },
    allowed: { ...soft, label: 'allowed', allowExtractable: true },
    pinned: { ...soft, label: 'known', kcv: 'DC95C0' },
    mistaken: { ...soft, label: 'mistaken', kcv: '000000' },
    again: { ...soft, id: '0a01' },
    heart: { ...soft, id: '0aff', shared: true },
    absent: { ...soft, label: 'absent' },
    readonly: { ...soft, label: 'readonly', usage: ['DECRYPT'] },
    off: { ...soft, label: 'off', status: 'DISABLED' },
    uri: { ...soft, uri: 'pkcs11:object=by%20uri;type=secret-key' },
  };
  proxy = await startProxy({ keys }, async (token) => {
    await token.addAesKey({ label: 'twins', id: '01' });
    await token.addAesKey({ label: 'twins', id: '02' });
    await token.addAesKey({ label: 'small', bits: 128 });
    await token.addAesKey({ label: 'loose', extractable: true });
    await token.addAesKey({ label: 'allowed', extractable: true });
    // The all-zero key: its check value is the start of AES-256(0, 0), FIPS 197.
    await token.addAesKey({ label: 'known', value: Buffer.alloc(32) });
    for (const label of ['mistaken', 'readonly', 'off', 'by uri']) await token.addAesKey({ label });
  });
  await until(() => refused().length >= 8);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

const plaintext = randomBytes(10);

function refused(): unknown[] {
  return proxy.lines
    .filter(({ event }) => event === 'key.refused')
    .map(({ fields }) => fields['externalKeyId']);
}

describe('which keys of the token the proxy serves', () => {
  it.for([
    {
      key: 'twins',
      status: 400,
      errorName: 'InvalidStateException',
      says: /2 secret keys on the token have label=twins/,
    },
    { key: 'small', status: 400, errorName: 'InvalidStateException', says: /AES-128|128/ },
    { key: 'loose', status: 400, errorName: 'InvalidStateException', says: /extractable/ },
    { key: 'mistaken', status: 400, errorName: 'InvalidStateException', says: /check value/ },
    { key: 'foo', status: 400, errorName: 'InvalidStateException', says: /again/ },
    { key: 'again', status: 400, errorName: 'InvalidStateException', says: /foo/ },
    { key: 'heart', status: 400, errorName: 'InvalidStateException', says: /health key of a token/ },
    { key: 'absent', status: 404, errorName: 'KeyNotFoundException', says: /absent/ },
    { key: 'readonly', status: 400, errorName: 'InvalidKeyUsageException', says: /./ },
    { key: 'off', status: 400, errorName: 'InvalidStateException', says: /disabled/i },
  ])(
    'mistake 8 X-09 X-41 X-49 X-51 X-54: $key is refused with $errorName',
    async ({ key, status, errorName, says }) => {
      const answer = await proxy.post(`keys/${key}/encrypt`, encryptBody(plaintext));
      expect([answer.status, answer.body['errorName']]).toEqual([status, errorName]);
      expect(answer.body['errorMessage']).toMatch(says);
    },
  );

  it.for([{ key: 'allowed' }, { key: 'pinned' }, { key: 'uri' }])('X-20: $key serves', async ({ key }) => {
    expect((await proxy.post(`keys/${key}/encrypt`, encryptBody(plaintext))).status).toBe(200);
  });

  it('X-22 X-23: a disabled key is described as such, not refused', async () => {
    const { status, body } = await proxy.post('keys/off/metadata', {
      requestMetadata: metadata('CreateKey'),
    });
    expect([status, body['keyStatus']]).toEqual([200, 'DISABLED']);
  });

  it('X-21: usages that configuration takes away are not reported', async () => {
    const { body } = await proxy.post('keys/readonly/metadata', { requestMetadata: metadata('CreateKey') });
    expect(body['keyUsage']).toEqual(['DECRYPT']);
  });

  it('mistake 8: says at start which keys it refuses, and why', () => {
    const expected = ['absent', 'again', 'foo', 'heart', 'loose', 'mistaken', 'small', 'twins'];
    expect(refused().sort()).toEqual(expected);
  });
});
