import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import { faultOf, Rig } from './rig.ts';

const BOTH = ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'] as const;

describe('GenerateDataKey', () => {
  it('answers with the key in the clear and encrypted, its KMS key and material', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const encryptionContext = { for: 'disk' };
    const answer = await rig.run('GenerateDataKey', { keyId: key.id, keySpec: 'AES_256', encryptionContext });
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: key.id });
    expect(answer).toStrictEqual({
      ciphertextBlob: expect.any(Uint8Array),
      plaintext: expect.any(Uint8Array),
      keyId: key.arn,
      keyMaterialId: keyMetadata?.currentKeyMaterialId,
    });
    const ciphertextBlob = answer.ciphertextBlob as Uint8Array;
    const opened = await rig.run('Decrypt', { ciphertextBlob, encryptionContext });
    expect(Buffer.from(opened.plaintext as Uint8Array)).toStrictEqual(
      Buffer.from(answer.plaintext as Uint8Array),
    );
  });

  test.for([
    { size: { keySpec: 'AES_128' }, bytes: 16 },
    { size: { keySpec: 'AES_256' }, bytes: 32 },
    { size: { numberOfBytes: 1 }, bytes: 1 },
    { size: { numberOfBytes: 1024 }, bytes: 1024 },
  ] as const)('of $size has $bytes bytes', async ({ size, bytes }) => {
    const rig = new Rig();
    const key = await rig.newKey();
    const { plaintext } = await rig.run('GenerateDataKey', { keyId: key.id, ...size });
    expect(plaintext).toHaveLength(bytes);
  });

  it('makes another key each time', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const first = await rig.run('GenerateDataKey', { keyId: key.id, keySpec: 'AES_256' });
    const second = await rig.run('GenerateDataKey', { keyId: key.id, keySpec: 'AES_256' });
    expect(first.plaintext).not.toStrictEqual(second.plaintext);
  });

  it('for an enclave is refused', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const call = rig.run('GenerateDataKey', { keyId: key.id, keySpec: 'AES_256', recipient: {} });
    expect(await faultOf(call)).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'This engine does not support Recipient. Leave it out to get the answer in the clear.',
    });
  });
});

describe('GenerateDataKeyWithoutPlaintext', () => {
  it('answers with the encrypted key alone, and wipes the other', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const made: Uint8Array[] = [];
    const random = rig.vault.random.bind(rig.vault);
    rig.vault.random = async (length) => {
      const bytes = await random(length);
      made.push(bytes);
      return bytes;
    };
    const answer = await rig.run('GenerateDataKeyWithoutPlaintext', { keyId: key.id, keySpec: 'AES_256' });
    expect(answer).toStrictEqual({
      ciphertextBlob: expect.any(Uint8Array),
      keyId: key.arn,
      keyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(made.map((bytes) => [...bytes])).toStrictEqual([new Array(32).fill(0)]);
    const opened = await rig.run('Decrypt', { ciphertextBlob: answer.ciphertextBlob as Uint8Array });
    expect(opened.plaintext).toHaveLength(32);
  });
});

describe.each(BOTH)('%s', (name) => {
  test.for([
    { title: 'neither size', size: {} },
    { title: 'both sizes', size: { keySpec: 'AES_256', numberOfBytes: 32 } },
  ] as const)('refuses $title', async ({ size }) => {
    const rig = new Rig();
    const { id: keyId } = await rig.newKey();
    expect(await faultOf(rig.run(name, { keyId, ...size }))).toStrictEqual({
      code: 'ValidationException',
      detail: 'Please specify either number of bytes or key spec.',
    });
  });

  it('refuses a context that is too long', async () => {
    const rig = new Rig();
    const { id: keyId } = await rig.newKey();
    const encryptionContext = { a: 'b'.repeat(8192) };
    const call = rig.run(name, { keyId, keySpec: 'AES_256', encryptionContext });
    expect(await faultOf(call)).toMatchObject({ code: 'ValidationException' });
  });

  it('refuses a key that encrypts otherwise', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    await rig.alter(key.id, { spec: 'RSA_2048' });
    expect(await faultOf(rig.run(name, { keyId: key.id, keySpec: 'AES_256' }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    });
  });

  it('wipes a data key that could not be encrypted', async () => {
    const rig = new Rig();
    const key = await rig.newKey();
    const bytes = new Uint8Array(32).fill(7);
    rig.vault.random = async () => bytes;
    rig.vault.encrypt = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    const call = rig.run(name, { keyId: key.id, keySpec: 'AES_256' });
    expect(await faultOf(call)).toMatchObject({ code: 'timeout' });
    expect(bytes).toStrictEqual(new Uint8Array(32));
  });
});

describe('GenerateRandom', () => {
  test.for([1, 1024])('gives %d bytes', async (numberOfBytes) => {
    const { plaintext } = await new Rig().run('GenerateRandom', { numberOfBytes });
    expect(plaintext).toHaveLength(numberOfBytes);
  });

  test.for([
    { input: {}, code: 'ValidationException', detail: 'NumberOfBytes is required.' },
    {
      input: { numberOfBytes: 1, customKeyStoreId: 'cks-1234567890abcdef0' },
      code: 'CustomKeyStoreNotFoundException',
      detail: 'There is no custom key store with the id cks-1234567890abcdef0.',
    },
    {
      input: { numberOfBytes: 1, recipient: {} },
      code: 'UnsupportedOperationException',
      detail: 'This engine does not support Recipient. Leave it out to get the answer in the clear.',
    },
  ])('refuses $input', async ({ input, code, detail }) => {
    expect(await faultOf(new Rig().run('GenerateRandom', input))).toStrictEqual({ code, detail });
  });
});
