import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aadInModel, checkValueInModel, openInModel } from '../support/aead-model.ts';
import { importKeys } from '../support/import-key.ts';
import {
  decryptBody,
  encryptBody,
  metadata,
  type RunningProxy,
  startProxy,
  until,
} from '../support/running-proxy.ts';
import { keyBytes, schemeKey } from '../support/scheme-keys.ts';

const SCHEMES = [{ scheme: 'hmac' }, { scheme: 'cmac' }, { scheme: 'cbc-mac' }] as const;
const KEYS = { hmac: schemeKey('hmac'), cmac: schemeKey('cmac'), 'cbc-mac': schemeKey('cbc-mac') };
const aad = Buffer.from('department=10,project=nile');
const more = { additionalAuthenticatedData: aad.toString('base64') };

let proxy: RunningProxy;

beforeAll(async () => {
  const entry = (label: string, scheme: string, other = {}) => ({ token: 'soft', label, scheme, ...other });
  const keys = {
    hmac: entry('hmac', 'hmac', { generation: 3, kcv: checkValueInModel('hmac', keyBytes(KEYS.hmac)) }),
    cmac: entry('cmac', 'cmac', { kcv: checkValueInModel('cmac', keyBytes(KEYS.cmac)) }),
    'cbc-mac': entry('cbc-mac', 'cbc-mac', { kcv: checkValueInModel('cbc-mac', keyBytes(KEYS['cbc-mac'])) }),
    one: entry('twice', 'hmac', { shared: true }),
    two: entry('twice', 'hmac', { shared: true }),
    mispinned: entry('mispinned', 'cmac', { kcv: 'ffffff' }),
    loose: entry('loose', 'cmac'),
    native: entry('native', 'cmac'),
    forgotten: { token: 'soft', label: 'forgotten' },
    short: entry('short', 'hmac'),
    readable: entry('readable', 'hmac'),
    decrypts: entry('decrypts', 'cbc-mac'),
    secret: entry('secret', 'cmac'),
  };
  proxy = await startProxy(
    { keys, token: { healthKey: { label: 'pulse', scheme: 'cmac' } } },
    async (token) => {
      await importKeys(token, [
        ...Object.values(KEYS),
        schemeKey('hmac', { label: 'twice', idHex: 'e001' }),
        schemeKey('cmac', { label: 'mispinned', idHex: 'e002' }),
        schemeKey('cmac', { label: 'loose', idHex: 'e003', usages: ['encrypt', 'sign', 'wrap'] }),
        schemeKey('native-gcm', { label: 'native', idHex: 'e004' }),
        schemeKey('cbc-mac', { label: 'forgotten', idHex: 'e005' }),
        schemeKey('hmac', { label: 'short', idHex: 'e006', valueHex: randomBytes(31).toString('hex') }),
        schemeKey('hmac', { label: 'readable', idHex: 'e007', sensitive: false }),
        schemeKey('cbc-mac', { label: 'decrypts', idHex: 'e008', usages: ['encrypt', 'decrypt'] }),
        schemeKey('hmac', { label: 'secret', idHex: 'e009' }),
        schemeKey('cmac', { label: 'pulse', idHex: 'e0ff' }),
      ]);
    },
  );
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

function bytes(body: Record<string, unknown>, field: string): Buffer {
  return Buffer.from(body[field] as string, 'base64');
}

async function errorOf(path: string, body: Record<string, unknown>): Promise<unknown[]> {
  const answer = await proxy.post(path, body);
  return [answer.status, answer.body['errorName']];
}

describe('the whole proxy with keys that derive', () => {
  it.for(SCHEMES)('X-20 X-21: describes a key of scheme $scheme as AES_256', async ({ scheme }) => {
    const { body } = await proxy.post(`keys/${scheme}/metadata`, { requestMetadata: metadata('CreateKey') });
    expect(body).toEqual({ keySpec: 'AES_256', keyUsage: ['ENCRYPT', 'DECRYPT'], keyStatus: 'ENABLED' });
  });

  it.for(SCHEMES.flatMap(({ scheme }) => [0, 1, 4_300].map((size) => ({ scheme, size }))))(
    'X-28 X-30 X-35 X-39: encrypts $size bytes with $scheme, checks its work, and decrypts them',
    async ({ scheme, size }) => {
      const plaintext = randomBytes(size);
      const wanted = { ...more, ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
      const { status, body } = await proxy.post(`keys/${scheme}/encrypt`, encryptBody(plaintext, wanted));
      expect(status).toBe(200);
      expect(bytes(body, 'ciphertextMetadata').length).toBe(20);
      const opened = await proxy.post(`keys/${scheme}/decrypt`, decryptBody(body, more));
      expect(opened.body).toEqual({ plaintext: plaintext.toString('base64') });
    },
  );

  it.for(SCHEMES)('X-31 X-32: what $scheme made opens in the software model', async ({ scheme }) => {
    const plaintext = randomBytes(70);
    const { body } = await proxy.post(`keys/${scheme}/encrypt`, encryptBody(plaintext, more));
    const written = bytes(body, 'ciphertextMetadata');
    const derivation = {
      scheme,
      key: keyBytes(KEYS[scheme]),
      externalKeyId: scheme,
      generation: scheme === 'hmac' ? 3 : 0,
      nonce: written.subarray(4),
      iv: bytes(body, 'initializationVector'),
    };
    const opened = openInModel(derivation, {
      aad: aadInModel(aad, written),
      ciphertext: bytes(body, 'ciphertext'),
      tag: bytes(body, 'authenticationTag'),
    });
    expect(opened?.toString('hex')).toBe(plaintext.toString('hex'));
  });

  it.for([
    { field: 'ciphertext', byte: 0 },
    { field: 'initializationVector', byte: 0 },
    { field: 'authenticationTag', byte: 15 },
    { field: 'additionalAuthenticatedData', byte: 3 },
    ...[0, 1, 2, 3, 4, 19].map((byte) => ({ field: 'ciphertextMetadata', byte })),
  ])(
    'X-38 X-50: one flipped bit in byte $byte of $field is an InvalidCiphertextException',
    async ({ field, byte }) => {
      const { body } = await proxy.post('keys/hmac/encrypt', encryptBody(randomBytes(20), more));
      const request = decryptBody(body, more);
      const changed = bytes(request, field);
      changed.writeUInt8(changed.readUInt8(byte) ^ 1, byte);
      const altered = { ...request, [field]: changed.toString('base64') };
      expect(await errorOf('keys/hmac/decrypt', altered)).toEqual([400, 'InvalidCiphertextException']);
    },
  );

  it('X-50: no key opens what another one made, nor one object under another external key id', async () => {
    const { body } = await proxy.post('keys/one/encrypt', encryptBody(randomBytes(20)));
    for (const other of ['two', 'hmac', 'cmac', 'foo']) {
      const refused = await errorOf(`keys/${other}/decrypt`, decryptBody(body));
      expect(refused).toEqual([400, 'InvalidCiphertextException']);
    }
    expect((await proxy.post('keys/one/decrypt', decryptBody(body))).status).toBe(200);
    const { body: native } = await proxy.post('keys/foo/encrypt', encryptBody(randomBytes(20)));
    const refused = await errorOf('keys/hmac/decrypt', decryptBody(native));
    expect(refused).toEqual([400, 'InvalidCiphertextException']);
  });

  it('X-40 X-41: health is measured with a health key of its own scheme', async () => {
    const requestMetadata = { kmsOperation: 'KmsHealthCheck', kmsRequestId: 'health' };
    await until(async () => {
      const { body } = await proxy.post('health', { requestMetadata });
      const [manager] = body['ekmFleetDetails'] as { healthStatus: string }[];
      return manager?.healthStatus === 'ACTIVE';
    });
  });

  it('says that its health checks prove one scheme alone', () => {
    const warnings = proxy.lines.filter(({ event }) => event === 'config.warning');
    expect(warnings.map(({ fields }) => fields['warning'])).toContain(
      'tokens[0].healthKey: proves scheme cmac alone, and keys of the token have scheme cbc-mac, hmac, native-gcm',
    );
  });

  it('counts no encryptions but those of native GCM', async () => {
    await proxy.post('keys/foo/encrypt', encryptBody(randomBytes(20)));
    const directory = join(proxy.token.paths.directory, 'state', 'invocations');
    await until(() => existsSync(directory) && readdirSync(directory).length > 0);
    expect(readdirSync(directory)).toHaveLength(1);
  });
});

describe('a key that is not as its scheme wants it', () => {
  it.for([
    { key: 'mispinned', says: 'its check value is not the pinned one' },
    { key: 'loose', says: 'a key of scheme cmac must not have CKA_ENCRYPT, CKA_WRAP; keys create' },
    { key: 'native', says: 'a key of scheme cmac must have CKA_SIGN' },
    { key: 'short', says: 'it has 248 bits, and scheme hmac needs 256 at least' },
    { key: 'readable', says: 'it is not sensitive (CKA_SENSITIVE)' },
    { key: 'decrypts', says: 'a key of scheme cbc-mac must not have CKA_DECRYPT' },
    { key: 'secret', says: 'it is not an AES key (the token says GENERIC_SECRET)' },
  ])('mistake 8: X-49: $key is refused: $says', async ({ key, says }) => {
    const answer = await proxy.post(`keys/${key}/encrypt`, encryptBody(randomBytes(5)));
    expect([answer.status, answer.body['errorName']]).toEqual([400, 'InvalidStateException']);
    expect(answer.body['errorMessage']).toContain(says);
  });

  it('X-51: a CBC-MAC key whose scheme was forgotten encrypts nothing natively', async () => {
    const answer = await proxy.post('keys/forgotten/encrypt', encryptBody(randomBytes(5)));
    expect([answer.status, answer.body['errorName']]).toEqual([400, 'InvalidKeyUsageException']);
  });
});
