import { describe, expect, it, test } from 'vitest';
import {
  DECRYPT,
  decryptBody,
  ENCRYPT,
  encryptBody,
  HEALTH,
  HEALTH_METADATA,
  KEY_METADATA,
  METADATA,
  metadataBody,
  proxyRig,
} from './rig.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

describe('the request body', () => {
  test.for([
    { what: 'an empty body', body: '' },
    { what: 'broken JSON', body: '{"plaintext":"c2Vj' },
    { what: 'text after the JSON', body: '{} {}' },
    { what: 'bytes that are not UTF-8', body: bytes('{"a":"\xff"}') },
    { what: 'a compressed body', body: bytes('\x1f\x8b\x08\x00') },
  ])('X-48: $what is not JSON', async ({ body }) => {
    expect(await proxyRig().told({ body })).toBe(
      '400 ValidationException: The request body is not JSON in UTF-8.',
    );
  });

  test.for([{ body: '[]' }, { body: 'null' }, { body: '"text"' }, { body: '7' }])(
    'X-48: $body is not an object',
    async ({ body }) => {
      expect(await proxyRig().told({ body })).toBe(
        '400 ValidationException: The request body must be a JSON object.',
      );
    },
  );

  it('X-69: the parser’s message, which quotes the body, is neither told nor logged', async () => {
    const rig = proxyRig();
    await rig.ask({ body: '{"plaintext":"c2VjcmV0IHRleHQ=" oops' });
    expect(rig.lines).toHaveLength(1);
    expect(JSON.stringify(rig.lines)).not.toContain('c2VjcmV0');
  });

  test.for([
    {
      field: 'requestMetadata',
      body: encryptBody({ requestMetadata: undefined }),
      told: 'requestMetadata is required.',
    },
    {
      field: 'requestMetadata',
      body: encryptBody({ requestMetadata: 'x' }),
      told: 'requestMetadata must be a JSON object.',
    },
    {
      field: 'requestMetadata',
      body: encryptBody({ requestMetadata: null }),
      told: 'requestMetadata must be a JSON object.',
    },
    { field: 'plaintext', body: encryptBody({ plaintext: undefined }), told: 'plaintext is required.' },
    { field: 'plaintext', body: encryptBody({ plaintext: 7 }), told: 'plaintext must be a string.' },
    { field: 'plaintext', body: encryptBody({ plaintext: null }), told: 'plaintext must be a string.' },
    {
      field: 'plaintext',
      body: encryptBody({ plaintext: 'c2VjcmV0IHRleHQ' }),
      told: 'plaintext must be Base64 of RFC 4648 section 4: standard alphabet, padded, no white space.',
    },
    {
      field: 'additionalAuthenticatedData',
      body: encryptBody({ additionalAuthenticatedData: {} }),
      told: 'additionalAuthenticatedData must be a string.',
    },
    {
      field: 'additionalAuthenticatedData',
      body: encryptBody({ additionalAuthenticatedData: '-_-_' }),
      told: 'additionalAuthenticatedData must be Base64 of RFC 4648 section 4: standard alphabet, padded, no white space.',
    },
    {
      field: 'encryptionAlgorithm',
      body: encryptBody({ encryptionAlgorithm: undefined }),
      told: 'encryptionAlgorithm is required.',
    },
    {
      field: 'encryptionAlgorithm',
      body: encryptBody({ encryptionAlgorithm: 'aes_gcm' }),
      told: 'encryptionAlgorithm must be AES_GCM.',
    },
    {
      field: 'ciphertextDataIntegrityValueAlgorithm',
      body: encryptBody({ ciphertextDataIntegrityValueAlgorithm: 'SHA_512' }),
      told: 'ciphertextDataIntegrityValueAlgorithm must be SHA_256.',
    },
    {
      field: 'ciphertextDataIntegrityValueAlgorithm',
      body: encryptBody({ ciphertextDataIntegrityValueAlgorithm: 1 }),
      told: 'ciphertextDataIntegrityValueAlgorithm must be a string.',
    },
  ])('X-24 X-25 X-27 X-48: Encrypt: $told', async ({ body, told }) => {
    expect(await proxyRig().told({ body })).toBe(`400 ValidationException: ${told}`);
  });

  test.for([
    { missing: 'ciphertext' },
    { missing: 'encryptionAlgorithm' },
    { missing: 'initializationVector' },
    { missing: 'authenticationTag' },
  ])('X-37 X-48: Decrypt: $missing is required', async ({ missing }) => {
    const told = await proxyRig().told({ path: DECRYPT, body: decryptBody({ [missing]: undefined }) });
    expect(told).toBe(`400 ValidationException: ${missing} is required.`);
  });

  test.for([
    { field: 'ciphertext' },
    { field: 'initializationVector' },
    { field: 'authenticationTag' },
    { field: 'ciphertextMetadata' },
    { field: 'additionalAuthenticatedData' },
  ])('X-30 X-48: Decrypt: $field that is not Base64 is a matter of form', async ({ field }) => {
    const told = await proxyRig().told({ path: DECRYPT, body: decryptBody({ [field]: 'A' }) });
    expect(told).toContain(`400 ValidationException: ${field} must be Base64`);
  });

  it('X-25: Decrypt takes no other algorithm either', async () => {
    const told = await proxyRig().told({
      path: DECRYPT,
      body: decryptBody({ encryptionAlgorithm: 'AES_CBC' }),
    });
    expect(told).toBe('400 ValidationException: encryptionAlgorithm must be AES_GCM.');
  });
});

describe('requestMetadata', () => {
  const OPERATIONS = [
    {
      operation: 'GetKeyMetadata',
      path: KEY_METADATA,
      body: metadataBody(),
      required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId'],
    },
    {
      operation: 'Encrypt',
      path: ENCRYPT,
      body: encryptBody(),
      required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId', 'kmsKeyArn'],
    },
    {
      operation: 'Decrypt',
      path: DECRYPT,
      body: decryptBody(),
      required: ['awsPrincipalArn', 'kmsOperation', 'kmsRequestId', 'kmsKeyArn'],
    },
    {
      operation: 'GetHealthStatus',
      path: HEALTH,
      body: { requestMetadata: HEALTH_METADATA },
      required: ['kmsRequestId', 'kmsOperation'],
    },
  ] as const;

  test.for(OPERATIONS.flatMap((each) => each.required.map((field) => ({ ...each, field }))))(
    'X-13 X-48: $operation requires $field, a string',
    async ({ path, body, field }) => {
      const metadata = body['requestMetadata'] as Record<string, unknown>;
      const told = (value: unknown) =>
        proxyRig().told({ path, body: { ...body, requestMetadata: { ...metadata, [field]: value } } });
      expect(await told(undefined)).toBe(`400 ValidationException: requestMetadata.${field} is required.`);
      expect(await told(7)).toBe(`400 ValidationException: requestMetadata.${field} must be a string.`);
      expect(await told(null)).toBe(`400 ValidationException: requestMetadata.${field} must be a string.`);
    },
  );

  test.for([
    { path: KEY_METADATA, body: metadataBody(), field: 'awsSourceVpc' },
    { path: KEY_METADATA, body: metadataBody(), field: 'awsSourceVpce' },
    { path: ENCRYPT, body: encryptBody(), field: 'awsSourceVpc' },
    { path: ENCRYPT, body: encryptBody(), field: 'awsSourceVpce' },
    { path: DECRYPT, body: decryptBody(), field: 'kmsViaService' },
  ])('X-13 X-15: the optional $field on $path is a string', async ({ path, body, field }) => {
    const requestMetadata = { ...(body['requestMetadata'] as object), [field]: ['x'] };
    expect(await proxyRig().told({ path, body: { ...body, requestMetadata } })).toBe(
      `400 ValidationException: requestMetadata.${field} must be a string.`,
    );
  });

  test.for([
    {
      what: 'X-12: an ARN of 2048 characters',
      metadata: { awsPrincipalArn: `arn:aws:iam::1:user/${'a'.repeat(2028)}` },
    },
    { what: 'X-12: a longer ARN', metadata: { kmsKeyArn: `arn:aws:kms::1:key/${'a'.repeat(5000)}` } },
    { what: 'X-14: a service principal', metadata: { awsPrincipalArn: 's3.amazonaws.com' } },
    { what: 'X-14: AWS Internal', metadata: { awsPrincipalArn: 'AWS Internal' } },
    { what: 'X-12: an ARN that is none', metadata: { awsPrincipalArn: '', kmsKeyArn: 'not an ARN' } },
    { what: 'X-16: an operation nobody knows', metadata: { kmsOperation: 'InventedTomorrow' } },
    { what: 'X-17: an empty request id', metadata: { kmsRequestId: '' } },
    { what: 'X-17: a request id of any shape', metadata: { kmsRequestId: '{"not":"a uuid"}\n' } },
    {
      what: 'X-18: unknown fields of any type',
      metadata: { sourceIdentity: 'x', tags: [1, { a: null }], n: 7 },
    },
    {
      what: 'X-13: all optional fields',
      metadata: { awsSourceVpc: 'vpc-1', awsSourceVpce: 'vpce-1', kmsViaService: 'ebs' },
    },
  ])('$what is accepted', async ({ metadata }) => {
    expect(
      await proxyRig().told({ body: encryptBody({ requestMetadata: { ...METADATA, ...metadata } }) }),
    ).toBe('200');
  });

  it('X-16: an unknown kmsOperation is accepted by all four operations', async () => {
    const rig = proxyRig();
    const kmsOperation = 'InventedTomorrow';
    expect(await rig.told({ path: KEY_METADATA, body: metadataBody({ kmsOperation }) })).toBe('200');
    expect(
      await rig.told({ path: HEALTH, body: { requestMetadata: { ...HEALTH_METADATA, kmsOperation } } }),
    ).toBe('200');
  });

  it('X-18: unknown fields beside requestMetadata are tolerated, and __proto__ is one of them', async () => {
    const rig = proxyRig();
    expect(await rig.told({ body: encryptBody({ extra: { deep: [] } }) })).toBe('200');
    const { plaintext, ...rest } = encryptBody();
    const smuggled = JSON.stringify(rest).replace('{', `{"__proto__":{"plaintext":"${plaintext}"},`);
    expect(await rig.told({ body: smuggled })).toBe('400 ValidationException: plaintext is required.');
  });
});
