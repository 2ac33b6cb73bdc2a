import { createDecipheriv, createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import {
  DECRYPT,
  decryptBody,
  encryptBody,
  KEY_METADATA,
  METADATA,
  metadataBody,
  PLAINTEXT,
  proxyRig,
} from './rig.ts';

const base64 = (text: string) => Buffer.from(text, 'base64');
const big = (length: number) => Buffer.alloc(length, 1).toString('base64');

/** The Decrypt body for an Encrypt answer. */
const opening = (sealed: Record<string, unknown>, overrides: Record<string, unknown> = {}) =>
  decryptBody({ ...sealed, ciphertextDataIntegrityValue: undefined, ...overrides });

describe('Encrypt and Decrypt over the wire', () => {
  it('X-01 X-28 X-39: the answers are one line of JSON with the fields of the API', async () => {
    const rig = proxyRig();
    const sealed = await rig.ask();
    expect(Object.keys(sealed.json).sort()).toEqual([
      'authenticationTag',
      'ciphertext',
      'initializationVector',
    ]);
    expect(sealed.body).not.toContain('\n');
    expect(base64(sealed.json.ciphertext).length).toBe(11);
    expect(base64(sealed.json.initializationVector).length).toBe(12);
    expect(base64(sealed.json.authenticationTag).length).toBe(16);
    const opened = await rig.ask({ path: DECRYPT, body: opening(sealed.json) });
    expect(opened.body).toBe(`{"plaintext":"${PLAINTEXT}"}`);
  });

  it('X-27 X-34: the integrity value is there when it was asked for, and is the hash of the decoded parts', async () => {
    const { json } = await proxyRig({ key: { generation: 1 } }).ask({
      body: encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'SHA_256' }),
    });
    const parts = Buffer.concat([
      Buffer.from('project=nile'),
      base64(json.ciphertextMetadata),
      base64(json.initializationVector),
      base64(json.ciphertext),
      base64(json.authenticationTag),
    ]);
    expect(json.ciphertextDataIntegrityValue).toBe(createHash('sha256').update(parts).digest('base64'));
  });

  it('X-30 X-31 X-38: generation 1 travels in the metadata, and any change of it is found', async () => {
    const rig = proxyRig({ key: { generation: 1 } });
    const sealed = await rig.ask();
    expect(sealed.json.ciphertextMetadata).toBe('AQEAAQ==');
    const told = (ciphertextMetadata: unknown) =>
      rig.told({ path: DECRYPT, body: opening(sealed.json, { ciphertextMetadata }) });
    expect(await told('AQEAAQ==')).toBe('200');
    expect(await told('AQEAAA==')).toContain('400 InvalidCiphertextException');
    expect(await told('AQEAAg==')).toContain('400 InvalidCiphertextException');
    expect(await told(undefined)).toContain('400 InvalidCiphertextException');
    expect(await told('')).toContain('400 InvalidCiphertextException');
  });

  it('X-30: empty metadata is the same as none, for generation 0', async () => {
    const rig = proxyRig();
    const sealed = await rig.ask();
    expect(await rig.told({ path: DECRYPT, body: opening(sealed.json, { ciphertextMetadata: '' }) })).toBe(
      '200',
    );
  });

  test.for([
    { mode: 'spec' as const, aad: 'YWJj', gcmAad: '000361626300' },
    { mode: 'spec' as const, aad: '', gcmAad: '000000' },
    { mode: 'spec' as const, aad: undefined, gcmAad: '000000' },
    {
      mode: 'sha256' as const,
      aad: 'YWJj',
      gcmAad: '0003ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00',
    },
    {
      mode: 'sha256' as const,
      aad: '',
      gcmAad: '0000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85500',
    },
    { mode: 'sha256' as const, aad: undefined, gcmAad: '000000' },
  ])(
    'mistake 6: X-26 X-32: aadMode $mode with AAD $aad authenticates $gcmAad',
    async ({ mode, aad, gcmAad }) => {
      const value = new Uint8Array(32).fill(9);
      const rig = proxyRig({ store: { aadMode: mode }, object: { value } });
      const { json } = await rig.ask({ body: encryptBody({ additionalAuthenticatedData: aad }) });
      const decipher = createDecipheriv('aes-256-gcm', value, base64(json.initializationVector));
      decipher.setAAD(Buffer.from(gcmAad, 'hex')).setAuthTag(base64(json.authenticationTag));
      const opened = Buffer.concat([decipher.update(base64(json.ciphertext)), decipher.final()]);
      expect(opened.toString()).toBe('secret text');
    },
  );

  it('X-24 X-37: the largest plaintext and AAD go through, and an empty plaintext', async () => {
    const rig = proxyRig();
    const input = { plaintext: big(4300), additionalAuthenticatedData: big(8192) };
    const sealed = await rig.ask({
      body: encryptBody({ ...input, requestMetadata: { ...METADATA, awsPrincipalArn: 'a'.repeat(2048) } }),
    });
    const opened = await rig.ask({
      path: DECRYPT,
      body: opening(sealed.json, { additionalAuthenticatedData: input.additionalAuthenticatedData }),
    });
    expect(opened.json.plaintext).toBe(input.plaintext);
    const empty = await rig.ask({ body: encryptBody({ plaintext: '' }) });
    expect(empty.json.ciphertext).toBe('');
    expect((await rig.ask({ path: DECRYPT, body: opening(empty.json) })).body).toBe('{"plaintext":""}');
  });

  test.for([
    {
      path: undefined,
      fields: { plaintext: big(4301) },
      told: 'plaintext has 4301 bytes; this proxy takes at most 4300.',
    },
    {
      path: undefined,
      fields: { additionalAuthenticatedData: big(8193) },
      told: 'additionalAuthenticatedData has 8193 bytes; this proxy takes at most 8192.',
    },
    {
      path: DECRYPT,
      fields: { ciphertext: big(4301) },
      told: 'ciphertext has 4301 bytes; this proxy takes at most 4300.',
    },
    {
      path: DECRYPT,
      fields: { additionalAuthenticatedData: big(8193) },
      told: 'additionalAuthenticatedData has 8193 bytes; this proxy takes at most 8192.',
    },
  ])(
    'X-24 X-37 X-57: one byte over: $told',
    async ({ path = '/one/kms/xks/v1/keys/foo/encrypt', fields, told }) => {
      const rig = proxyRig();
      const body = path === DECRYPT ? decryptBody(fields) : encryptBody(fields);
      expect(await rig.told({ path, body })).toBe(`501 UnsupportedOperationException: ${told}`);
      expect(rig.hsm.calls).toEqual([]);
    },
  );

  it('mistake 1: a Decrypt with an AAD over 65 535 bytes is refused, and the proxy goes on', async () => {
    const rig = proxyRig({ settings: { bodyBytes: 200_000 } });
    const body = decryptBody({ additionalAuthenticatedData: big(65_536 + 12) });
    expect(await rig.told({ path: DECRYPT, body })).toContain('501 UnsupportedOperationException');
    expect(await rig.told()).toBe('200');
  });

  test.for([
    { fields: { initializationVector: big(11) }, told: 'initializationVector has 11 bytes' },
    { fields: { initializationVector: big(13) }, told: 'initializationVector has 13 bytes' },
    { fields: { initializationVector: '' }, told: 'initializationVector has 0 bytes' },
    { fields: { initializationVector: big(17) }, told: 'initializationVector has 17 bytes' },
    { fields: { authenticationTag: big(15) }, told: 'authenticationTag has 15 bytes' },
    { fields: { authenticationTag: big(17) }, told: 'authenticationTag has 17 bytes' },
    { fields: { ciphertextMetadata: big(21) }, told: 'ciphertextMetadata has 21 bytes' },
    { fields: { ciphertextMetadata: big(20) }, told: 'ciphertextMetadata is not of a kind' },
    { fields: {}, told: 'The ciphertext did not authenticate' },
    { fields: { initializationVector: big(16) }, told: 'The ciphertext did not authenticate' },
  ])('mistake 7: X-37 X-38 X-50: a bad ciphertext is InvalidCiphertext: $told', async ({ fields, told }) => {
    const answer = await proxyRig().told({ path: DECRYPT, body: decryptBody(fields) });
    expect(answer).toContain(`400 InvalidCiphertextException: ${told}`);
  });

  it('X-37: an IV of 16 bytes opens', async () => {
    const rig = proxyRig();
    rig.hsm.nextIv = () => new Uint8Array(16).fill(3);
    const sealed = await rig.ask();
    expect(await rig.told({ path: DECRYPT, body: opening(sealed.json) })).toBe('200');
  });
});

describe('GetKeyMetadata over the wire', () => {
  test.for([
    { key: {}, expected: '{"keySpec":"AES_256","keyUsage":["ENCRYPT","DECRYPT"],"keyStatus":"ENABLED"}' },
    {
      key: { status: 'DISABLED' as const },
      expected: '{"keySpec":"AES_256","keyUsage":["ENCRYPT","DECRYPT"],"keyStatus":"DISABLED"}',
    },
    {
      key: { usages: new Set(['DECRYPT'] as const) },
      expected: '{"keySpec":"AES_256","keyUsage":["DECRYPT"],"keyStatus":"ENABLED"}',
    },
  ])('X-19 X-20 X-21 X-22 X-23: answers $expected', async ({ key, expected }) => {
    const answer = await proxyRig({ key }).ask({ path: KEY_METADATA, body: metadataBody() });
    expect([answer.status, answer.body]).toEqual([200, expected]);
  });

  it('mistake 14: X-49: each key has its own state; a disabled one does no work', async () => {
    const rig = proxyRig({ key: { status: 'DISABLED' } });
    const refusal = "400 InvalidStateException: External key 'foo' is disabled in the proxy configuration.";
    expect(await rig.told()).toBe(refusal);
    expect(await rig.told({ path: DECRYPT, body: decryptBody() })).toBe(refusal);
  });

  it('mistake 8: X-20: an AES-128 key is refused by all three operations on keys', async () => {
    const rig = proxyRig({ object: { bits: 128 } });
    const refusal =
      "400 InvalidStateException: External key 'foo' is refused by the proxy: it has 128 bits, and AES_256 needs 256.";
    expect(await rig.told()).toBe(refusal);
    expect(await rig.told({ path: DECRYPT, body: decryptBody() })).toBe(refusal);
    expect(await rig.told({ path: KEY_METADATA, body: metadataBody() })).toBe(refusal);
  });
});
