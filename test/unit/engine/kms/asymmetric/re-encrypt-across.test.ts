import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { faultOf, Rig } from '../rig.ts';
import { newKeyOf } from './keys.ts';

const TEXT = Buffer.from('attack at dawn');
const SHA_1 = 'RSAES_OAEP_SHA_1';
const SHA_256 = 'RSAES_OAEP_SHA_256';
const AES = 'SYMMETRIC_DEFAULT';
const ID = /^[0-9a-f]{64}$/;

/** From one kind of key to another; material ids where a side is symmetric. */
const DIRECTIONS = [
  { from: 'aes', source: AES, to: 'rsa', destination: SHA_256, materials: ['sourceKeyMaterialId'] },
  { from: 'aes', source: AES, to: 'rsa', destination: SHA_1, materials: ['sourceKeyMaterialId'] },
  { from: 'rsa', source: SHA_256, to: 'aes', destination: AES, materials: ['destinationKeyMaterialId'] },
  { from: 'rsa', source: SHA_1, to: 'aes', destination: AES, materials: ['destinationKeyMaterialId'] },
  { from: 'rsa', source: SHA_256, to: 'large', destination: SHA_1, materials: [] },
  { from: 'large', source: SHA_1, to: 'rsa', destination: SHA_256, materials: [] },
  { from: 'rsa', source: SHA_1, to: 'rsa', destination: SHA_256, materials: [] },
  {
    from: 'aes',
    source: AES,
    to: 'aes',
    destination: AES,
    materials: ['sourceKeyMaterialId', 'destinationKeyMaterialId'],
  },
] as const;

const rig = new Rig();
let keys: Readonly<Record<'aes' | 'rsa' | 'large', { readonly id: string; readonly arn: string }>>;

beforeAll(async () => {
  keys = {
    aes: await rig.newKey(),
    rsa: await newKeyOf(rig, 'RSA_2048', 'ENCRYPT_DECRYPT'),
    large: await newKeyOf(rig, 'RSA_3072', 'ENCRYPT_DECRYPT'),
  };
});

async function encrypted(
  name: keyof typeof keys,
  encryptionAlgorithm: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256',
  plaintext: Uint8Array = TEXT,
): Promise<Uint8Array> {
  const input = { keyId: keys[name].id, plaintext, encryptionAlgorithm };
  return (await rig.run('Encrypt', input)).ciphertextBlob as Uint8Array;
}

describe('ReEncrypt', () => {
  test.for(DIRECTIONS)(
    'from $source of $from to $destination of $to, with $materials',
    async ({ from, source, to, destination, materials }) => {
      const answer = await rig.run('ReEncrypt', {
        ciphertextBlob: await encrypted(from, source),
        sourceKeyId: keys[from].id,
        sourceEncryptionAlgorithm: source,
        destinationKeyId: keys[to].id,
        destinationEncryptionAlgorithm: destination,
      });
      expect(answer).toStrictEqual({
        ciphertextBlob: expect.any(Uint8Array),
        keyId: keys[to].arn,
        sourceKeyId: keys[from].arn,
        sourceEncryptionAlgorithm: source,
        destinationEncryptionAlgorithm: destination,
        ...Object.fromEntries(materials.map((member) => [member, expect.stringMatching(ID)])),
      });
      const opened = await rig.run('Decrypt', {
        ciphertextBlob: answer.ciphertextBlob as Uint8Array,
        keyId: keys[to].id,
        encryptionAlgorithm: destination,
      });
      expect(opened.plaintext).toStrictEqual(TEXT);
    },
  );

  it('keeps the encryption context to the symmetric side', async () => {
    const context = { a: 'b' };
    const toAes = await rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted('rsa', SHA_256),
      sourceKeyId: keys.rsa.id,
      sourceEncryptionAlgorithm: SHA_256,
      destinationKeyId: keys.aes.id,
      destinationEncryptionContext: context,
    });
    const back = await rig.run('ReEncrypt', {
      ciphertextBlob: toAes.ciphertextBlob as Uint8Array,
      sourceEncryptionContext: context,
      destinationKeyId: keys.rsa.id,
      destinationEncryptionAlgorithm: SHA_256,
    });
    const opened = await rig.run('Decrypt', {
      ciphertextBlob: back.ciphertextBlob as Uint8Array,
      keyId: keys.rsa.id,
      encryptionAlgorithm: SHA_256,
    });
    expect(opened.plaintext).toStrictEqual(TEXT);
  });

  test.for([
    {
      title: 'a context for the source',
      input: { sourceEncryptionContext: { a: 'b' } },
      code: 'ValidationException',
      detail: 'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
    },
    {
      title: 'a context for the destination',
      input: { destinationEncryptionContext: { a: 'b' } },
      code: 'ValidationException',
      detail: 'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
    },
    {
      title: 'a destination without its algorithm',
      input: { destinationEncryptionAlgorithm: undefined },
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_3072.',
    },
    {
      title: 'a ciphertext of another length',
      input: { ciphertextBlob: Buffer.alloc(257) },
      code: 'InvalidCiphertextException',
      detail: undefined,
    },
    {
      title: 'the algorithm with which it was not encrypted',
      input: { sourceEncryptionAlgorithm: SHA_1 },
      code: 'InvalidCiphertextException',
      detail: undefined,
    },
    {
      title: 'a dry run',
      input: { dryRun: true },
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    },
    {
      title: 'a dry run without the ciphertext',
      input: { ciphertextBlob: undefined, dryRun: true, dryRunModifiers: ['IGNORE_CIPHERTEXT'] },
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    },
  ])('between RSA keys with $title gives $code', async ({ input, code, detail }) => {
    const request = {
      ciphertextBlob: await encrypted('rsa', SHA_256),
      sourceKeyId: keys.rsa.id,
      sourceEncryptionAlgorithm: SHA_256,
      destinationKeyId: keys.large.id,
      destinationEncryptionAlgorithm: SHA_256,
      ...input,
    };
    expect(await faultOf(rig.run('ReEncrypt', request as never))).toStrictEqual({ code, detail });
  });

  it('of as many bytes as an RSA key takes is done', async () => {
    const answer = await rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted('aes', AES, Buffer.alloc(190)),
      destinationKeyId: keys.rsa.id,
      destinationEncryptionAlgorithm: SHA_256,
    });
    expect(answer.ciphertextBlob).toHaveLength(256);
  });

  test.for([191, 4096])('of %i bytes, which an RSA key does not take, is refused', async (length) => {
    const call = rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted('aes', AES, Buffer.alloc(length)),
      destinationKeyId: keys.rsa.id,
      destinationEncryptionAlgorithm: SHA_256,
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'ValidationException',
      detail: 'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.',
    });
  });

  test.for([
    { to: 'aes', algorithm: AES },
    { to: 'rsa', algorithm: SHA_256 },
  ] as const)(
    'of an empty text, which was encrypted elsewhere, to $to is refused',
    async ({ to, algorithm }) => {
      const { publicKey } = await rig.run('GetPublicKey', { keyId: keys.rsa.id });
      const key = createPublicKey({ key: Buffer.from(publicKey ?? []), format: 'der', type: 'spki' });
      const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
      const call = rig.run('ReEncrypt', {
        ciphertextBlob: publicEncrypt(options, Buffer.alloc(0)),
        sourceKeyId: keys.rsa.id,
        sourceEncryptionAlgorithm: SHA_256,
        destinationKeyId: keys[to].id,
        destinationEncryptionAlgorithm: algorithm,
      });
      expect(await faultOf(call)).toStrictEqual({
        code: 'ValidationException',
        detail:
          "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
      });
    },
  );

  it('wipes what it decrypted, also when the destination refuses it', async () => {
    const own = new Rig();
    const [rsa, aes] = [await newKeyOf(own, 'RSA_2048', 'ENCRYPT_DECRYPT'), await own.newKey()];
    const bytes = Buffer.from('attack at dawn');
    own.vault.decryptRsa = async () => bytes;
    own.vault.encrypt = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    const call = own.run('ReEncrypt', {
      ciphertextBlob: Buffer.alloc(256),
      sourceKeyId: rsa.id,
      sourceEncryptionAlgorithm: SHA_256,
      destinationKeyId: aes.id,
    });
    expect(await faultOf(call)).toMatchObject({ code: 'timeout' });
    expect([...bytes]).toStrictEqual(new Array(14).fill(0));
  });

  test.for([
    { from: 'rsa', to: 'aes', refused: 'rsa', action: 'ReEncryptFrom' },
    { from: 'aes', to: 'rsa', refused: 'rsa', action: 'ReEncryptTo' },
  ] as const)('says $action of a key that is for signatures', async ({ from, to, refused, action }) => {
    const signing = await newKeyOf(rig, 'RSA_2048', 'SIGN_VERIFY');
    const pair = { ...keys, [refused]: signing };
    const algorithms = { aes: AES, rsa: SHA_256 } as const;
    const call = rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted(from, algorithms[from]),
      sourceKeyId: pair[from].id,
      sourceEncryptionAlgorithm: algorithms[from],
      destinationKeyId: pair[to].id,
      destinationEncryptionAlgorithm: algorithms[to],
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${signing.arn} key usage is SIGN_VERIFY which is not valid for ${action}.`,
    });
  });

  it('is the last use of both keys', async () => {
    await rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted('rsa', SHA_256),
      sourceKeyId: keys.rsa.id,
      sourceEncryptionAlgorithm: SHA_256,
      destinationKeyId: keys.large.id,
      destinationEncryptionAlgorithm: SHA_256,
    });
    for (const { id } of [keys.rsa, keys.large]) {
      expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
        keyLastUsage: { operation: 'ReEncrypt' },
      });
    }
  });
});
