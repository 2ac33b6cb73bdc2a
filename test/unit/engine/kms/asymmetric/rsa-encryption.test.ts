import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { newKeyOf } from './keys.ts';
import { type KnownKey, sowKnownKey } from './known-keys.ts';
import { openssl } from './openssl.ts';

const RSA = { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' } as const;
const OAEP = constants.RSA_PKCS1_OAEP_PADDING;
const TEXT = Buffer.from('attack at dawn');
const INVALID = { code: 'InvalidCiphertextException', detail: undefined };
const WRONG_KEY = {
  code: 'IncorrectKeyException',
  detail: 'The key ID in the request does not identify a CMK that can perform this operation.',
};
const NO_CONTEXT = {
  code: 'ValidationException',
  detail: 'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
};
const DRY_RUN = {
  code: 'DryRunOperationException',
  detail: 'The request would have succeeded, but the DryRun option is set.',
};

/** RFC 8017, 7.1.1: k − 2h − 2 bytes at most. */
const LIMITS = [
  { spec: 'RSA_2048', bits: 2048, algorithm: 'RSAES_OAEP_SHA_1', hash: 'sha1', max: 214, ciphertext: 256 },
  {
    spec: 'RSA_2048',
    bits: 2048,
    algorithm: 'RSAES_OAEP_SHA_256',
    hash: 'sha256',
    max: 190,
    ciphertext: 256,
  },
  { spec: 'RSA_3072', bits: 3072, algorithm: 'RSAES_OAEP_SHA_1', hash: 'sha1', max: 342, ciphertext: 384 },
  {
    spec: 'RSA_3072',
    bits: 3072,
    algorithm: 'RSAES_OAEP_SHA_256',
    hash: 'sha256',
    max: 318,
    ciphertext: 384,
  },
  { spec: 'RSA_4096', bits: 4096, algorithm: 'RSAES_OAEP_SHA_1', hash: 'sha1', max: 470, ciphertext: 512 },
  {
    spec: 'RSA_4096',
    bits: 4096,
    algorithm: 'RSAES_OAEP_SHA_256',
    hash: 'sha256',
    max: 446,
    ciphertext: 512,
  },
] as const;

const rig = new Rig();
const keys = new Map<string, KnownKey>();
const keyOf = (spec: string): KnownKey => keys.get(spec) as KnownKey;

beforeAll(async () => {
  for (const [at, bits] of [2048, 3072, 4096].entries()) {
    const spec = `RSA_${bits}` as (typeof LIMITS)[number]['spec'];
    const id = `00000000-0000-4000-8000-00000000000${at}`;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    keys.set(spec, await sowKnownKey(rig, { ...RSA, id, spec }, privateKey));
  }
});

async function encrypted(
  keyId: string,
  plaintext: Uint8Array = TEXT,
  encryptionAlgorithm: (typeof LIMITS)[number]['algorithm'] = 'RSAES_OAEP_SHA_256',
): Promise<Uint8Array> {
  const { ciphertextBlob } = await rig.run('Encrypt', { keyId, plaintext, encryptionAlgorithm });
  return ciphertextBlob as Uint8Array;
}

function decrypt(keyId: string, ciphertextBlob: Uint8Array) {
  return rig.run('Decrypt', { keyId, ciphertextBlob, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
}

describe('Encrypt to an RSA key', () => {
  it('answers with the ciphertext, the ARN of the key and the algorithm', async () => {
    const key = keyOf('RSA_2048');
    const input = { keyId: key.id, plaintext: TEXT, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const;
    expect(await rig.run('Encrypt', input)).toStrictEqual({
      ciphertextBlob: expect.any(Uint8Array),
      keyId: key.arn,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
  });

  it('asks the vault for nothing but the public key, and that once', async () => {
    const own = new Rig();
    const key = await newKeyOf(own, 'RSA_2048', 'ENCRYPT_DECRYPT');
    let asked = 0;
    const publicKey = own.vault.publicKey.bind(own.vault);
    own.vault.publicKey = (...call) => {
      asked += 1;
      return publicKey(...call);
    };
    own.vault.encrypt = () => Promise.reject(new HsmFault('internal', 'not for RSA'));
    const input = { keyId: key.id, plaintext: TEXT, encryptionAlgorithm: 'RSAES_OAEP_SHA_1' } as const;
    const first = await own.run('Encrypt', input);
    const second = await own.run('Encrypt', input);
    expect(first.ciphertextBlob).not.toStrictEqual(second.ciphertextBlob);
    expect(asked).toBe(1);
  });

  test.for(LIMITS)('$spec, $algorithm takes up to $max bytes', async (row) => {
    const { spec, algorithm, hash, max, ciphertext } = row;
    const key = keyOf(spec);
    for (const length of [1, max - 1, max]) {
      const plaintext = Buffer.alloc(length, 0xa5);
      const blob = await encrypted(key.id, plaintext, algorithm);
      expect(blob).toHaveLength(ciphertext);
      expect(privateDecrypt({ key: key.privateKey, padding: OAEP, oaepHash: hash }, blob)).toStrictEqual(
        plaintext,
      );
    }
  });

  test.for(LIMITS)('$spec, $algorithm refuses more than $max bytes', async ({ spec, algorithm, max }) => {
    for (const length of [max + 1, 4096]) {
      const fault = await faultOf(encrypted(keyOf(spec).id, Buffer.alloc(length), algorithm));
      expect(fault).toStrictEqual({
        code: 'ValidationException',
        detail: `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${max} bytes.`,
      });
    }
  });

  test.for(LIMITS)(
    '$spec, $algorithm makes what openssl decrypts',
    async ({ spec, algorithm, hash, max }) => {
      const key = keyOf(spec);
      const plaintext = Buffer.alloc(max, 'openssl');
      const files = {
        'private.der': key.privateKey.export({ type: 'pkcs8', format: 'der' }),
        'text.bin': await encrypted(key.id, plaintext, algorithm),
      };
      expect(openssl([...oaep('-decrypt', hash), '-inkey', 'private.der'], files)).toStrictEqual(plaintext);
    },
  );
});

describe('Decrypt by an RSA key', () => {
  it('answers with the plaintext, the ARN of the key and the algorithm, and with no key material id', async () => {
    const key = keyOf('RSA_2048');
    expect(await decrypt(key.id, await encrypted(key.id))).toStrictEqual({
      plaintext: TEXT,
      keyId: key.arn,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
  });

  test.for(LIMITS)('$spec, $algorithm opens what openssl encrypts to the public key', async (row) => {
    const { spec, algorithm, hash, max } = row;
    const key = keyOf(spec);
    const { publicKey } = await rig.run('GetPublicKey', { keyId: key.id });
    const plaintext = Buffer.alloc(max, 'openssl');
    const files = { 'public.der': publicKey as Uint8Array, 'text.bin': plaintext };
    const made = openssl([...oaep('-encrypt', hash), '-pubin', '-inkey', 'public.der'], files);
    const input = { keyId: key.id, ciphertextBlob: made, encryptionAlgorithm: algorithm };
    expect((await rig.run('Decrypt', input)).plaintext).toStrictEqual(plaintext);
  });

  it('gives back an empty text, which others can encrypt', async () => {
    const key = keyOf('RSA_2048');
    const { plaintext } = await decrypt(key.id, foreign(key, Buffer.alloc(0)));
    expect(plaintext).toHaveLength(0);
  });

  it('takes the key of another account by its ARN', async () => {
    const key = keyOf('RSA_2048');
    const input = {
      keyId: key.arn,
      ciphertextBlob: await encrypted(key.id),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    } as const;
    const answer = await rig.run('Decrypt', input, callBy({ account: OTHER_ACCOUNT }));
    expect(answer.plaintext).toStrictEqual(TEXT);
  });

  test.for([
    { title: 'zeros', of: () => Buffer.alloc(256) },
    { title: 'a number that is above the modulus', of: () => Buffer.alloc(256, 0xff) },
    { title: 'a ciphertext of another key', of: () => foreign(another(), TEXT) },
    {
      title: 'a ciphertext for another hash',
      of: (key: KnownKey) => foreign(key, TEXT, { oaepHash: 'sha1' }),
    },
    { title: 'a label', of: (key: KnownKey) => foreign(key, TEXT, { oaepLabel: Buffer.from('label') }) },
    {
      title: 'the padding of PKCS#1 v1.5',
      of: (key: KnownKey) => foreign(key, TEXT, { padding: constants.RSA_PKCS1_PADDING }),
    },
    {
      title: 'no padding',
      of: (key: KnownKey) => foreign(key, Buffer.alloc(256, 1), { padding: constants.RSA_NO_PADDING }),
    },
    { title: 'a byte too few', of: (key: KnownKey) => foreign(key, TEXT).subarray(1) },
    { title: 'a byte too many', of: (key: KnownKey) => Buffer.concat([Buffer.alloc(1), foreign(key, TEXT)]) },
    { title: 'one byte', of: () => Buffer.alloc(1) },
    { title: 'the most that a request can have', of: () => Buffer.alloc(6144) },
  ])('of $title gives InvalidCiphertextException without a message', async ({ of }) => {
    const key = keyOf('RSA_2048');
    expect(await faultOf(decrypt(key.id, of(key)))).toStrictEqual(INVALID);
  });

  it('of a ciphertext with any bit flipped gives InvalidCiphertextException', async () => {
    const key = keyOf('RSA_2048');
    const blob = await encrypted(key.id);
    for (let bit = 0; bit < 2048; bit += 61) {
      const altered = blob.slice();
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await faultOf(decrypt(key.id, altered)), `bit ${bit}`).toStrictEqual(INVALID);
    }
  });

  it('of a symmetric blob gives InvalidCiphertextException', async () => {
    const symmetric = await rig.newKey();
    const { ciphertextBlob } = await rig.run('Encrypt', { keyId: symmetric.id, plaintext: TEXT });
    expect(await faultOf(decrypt(keyOf('RSA_2048').id, ciphertextBlob as Uint8Array))).toStrictEqual(INVALID);
  });

  it('blames no ciphertext for a record that is damaged', async () => {
    const own = new Rig();
    const key = await newKeyOf(own, 'RSA_2048', 'ENCRYPT_DECRYPT');
    const encryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const made = await own.run('Encrypt', { keyId: key.id, plaintext: TEXT, encryptionAlgorithm });
    const { materials } = (await own.record(key.id)).body;
    const token = Buffer.from(materials[0]?.token as string, 'base64');
    token[token.length - 1] = (token.at(-1) as number) ^ 1;
    await own.alter(key.id, {
      materials: materials.map((material) => ({ ...material, token: token.toString('base64') })),
    });
    const ciphertextBlob = made.ciphertextBlob as Uint8Array;
    const call = own.run('Decrypt', { keyId: key.id, ciphertextBlob, encryptionAlgorithm });
    expect(await faultOf(call)).toMatchObject({ code: 'corrupt' });
  });

  it('believes no record that says of a key to sign with that it encrypts', async () => {
    const own = new Rig();
    const { id: keyId } = await newKeyOf(own, 'RSA_2048', 'SIGN_VERIFY');
    await own.alter(keyId, { usage: 'ENCRYPT_DECRYPT' });
    const encryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const encrypted = own.run('Encrypt', { keyId, plaintext: TEXT, encryptionAlgorithm });
    expect(await faultOf(encrypted)).toMatchObject({ code: 'corrupt' });
    const ciphertextBlob = Buffer.alloc(256, 1);
    const decrypted = own.run('Decrypt', { keyId, ciphertextBlob, encryptionAlgorithm });
    expect(await faultOf(decrypted)).toMatchObject({ code: 'corrupt' });
  });

  it('lets a fault of the vault pass that does not speak of the ciphertext', async () => {
    const own = new Rig();
    const key = await newKeyOf(own, 'RSA_2048', 'ENCRYPT_DECRYPT');
    own.vault.decryptRsa = () => Promise.reject(new HsmFault('timeout', 'too slow'));
    const call = own.run('Decrypt', {
      keyId: key.id,
      ciphertextBlob: Buffer.alloc(256),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    });
    expect(await faultOf(call)).toMatchObject({ code: 'timeout' });
  });
});

describe('which key it is', () => {
  it('an RSA ciphertext does not tell', async () => {
    const ciphertextBlob = await encrypted(keyOf('RSA_2048').id);
    const input = { ciphertextBlob, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const;
    expect(await faultOf(rig.run('Decrypt', input))).toStrictEqual({
      code: 'ValidationException',
      detail: 'KeyId must not be null',
    });
  });

  it('and so ReEncrypt needs the source key', async () => {
    const call = rig.run('ReEncrypt', {
      ciphertextBlob: await encrypted(keyOf('RSA_2048').id),
      sourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      destinationKeyId: (await rig.newKey()).id,
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'ValidationException',
      detail: 'SourceKeyId must not be null',
    });
  });

  it('an RSA ciphertext without its algorithm is taken for a symmetric one', async () => {
    const key = keyOf('RSA_2048');
    const ciphertextBlob = await encrypted(key.id);
    expect(await faultOf(rig.run('Decrypt', { keyId: key.id, ciphertextBlob }))).toStrictEqual(INVALID);
  });

  test.for([
    { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' },
    { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' },
    { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' },
  ] as const)('a symmetric blob is not for a key of $spec', async ({ spec, usage }) => {
    const [symmetric, other] = [await rig.newKey(), await newKeyOf(rig, spec, usage)];
    const { ciphertextBlob } = await rig.run('Encrypt', { keyId: symmetric.id, plaintext: TEXT });
    const source = { ciphertextBlob: ciphertextBlob as Uint8Array };
    expect(await faultOf(rig.run('Decrypt', { ...source, keyId: other.id }))).toStrictEqual(WRONG_KEY);
    const again = { ...source, sourceKeyId: other.id, destinationKeyId: symmetric.id };
    expect(await faultOf(rig.run('ReEncrypt', again))).toStrictEqual(WRONG_KEY);
  });

  it('a key that does not exist is not found, whatever the ciphertext', async () => {
    const call = decrypt('00000000-0000-4000-8000-000000000099', Buffer.alloc(1));
    expect(await faultOf(call)).toMatchObject({ code: 'NotFoundException' });
  });
});

describe('what a key refuses', () => {
  it('another algorithm than those of its spec', async () => {
    const { id } = keyOf('RSA_3072');
    const incompatible = {
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_3072.',
    };
    expect(await faultOf(rig.run('Encrypt', { keyId: id, plaintext: TEXT }))).toStrictEqual(incompatible);
    const dataKey = rig.run('GenerateDataKey', { keyId: id, keySpec: 'AES_256' });
    expect(await faultOf(dataKey)).toStrictEqual(incompatible);
    const sm2 = rig.run('Encrypt', { keyId: id, plaintext: TEXT, encryptionAlgorithm: 'SM2PKE' });
    expect(await faultOf(sm2)).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: 'Algorithm SM2PKE is incompatible with key spec RSA_3072.',
    });
  });

  it('encryption, when it is for signatures', async () => {
    const key = await newKeyOf(rig, 'RSA_2048', 'SIGN_VERIFY');
    expect(await faultOf(encrypted(key.id))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${key.arn} key usage is SIGN_VERIFY which is not valid for Encrypt.`,
    });
    expect(await faultOf(decrypt(key.id, Buffer.alloc(256)))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${key.arn} key usage is SIGN_VERIFY which is not valid for Decrypt.`,
    });
  });

  it('an encryption context, and takes an empty one for none', async () => {
    const { id } = keyOf('RSA_2048');
    const text = { keyId: id, plaintext: TEXT, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const;
    const encryptionContext = { a: 'b' };
    expect(await faultOf(rig.run('Encrypt', { ...text, encryptionContext }))).toStrictEqual(NO_CONTEXT);
    const { ciphertextBlob } = await rig.run('Encrypt', { ...text, encryptionContext: {} });
    const blob = {
      keyId: id,
      ciphertextBlob: ciphertextBlob as Uint8Array,
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    } as const;
    expect(await faultOf(rig.run('Decrypt', { ...blob, encryptionContext }))).toStrictEqual(NO_CONTEXT);
    const opened = await rig.run('Decrypt', { ...blob, encryptionContext: {} });
    expect(opened.plaintext).toStrictEqual(TEXT);
  });

  test.for([
    { state: 'Disabled', code: 'DisabledException', text: 'is disabled.' },
    { state: 'PendingDeletion', code: 'KMSInvalidStateException', text: 'is pending deletion.' },
    { state: 'PendingImport', code: 'KMSInvalidStateException', text: 'is pending import.' },
  ] as const)('everything when it is $state', async ({ state, code, text }) => {
    const key = await newKeyOf(rig, 'RSA_2048', 'ENCRYPT_DECRYPT');
    await rig.alter(key.id, { state });
    const refusal = { code, detail: `${key.arn} ${text}` };
    expect(await faultOf(encrypted(key.id))).toStrictEqual(refusal);
    expect(await faultOf(decrypt(key.id, Buffer.alloc(256)))).toStrictEqual(refusal);
  });
});

describe('a dry run', () => {
  it('of what would have succeeded says so', async () => {
    const { id } = keyOf('RSA_2048');
    const encryptionAlgorithm = 'RSAES_OAEP_SHA_256';
    const request = { keyId: id, encryptionAlgorithm, dryRun: true } as const;
    expect(await faultOf(rig.run('Encrypt', { ...request, plaintext: TEXT }))).toStrictEqual(DRY_RUN);
    const ciphertextBlob = await encrypted(id);
    expect(await faultOf(rig.run('Decrypt', { ...request, ciphertextBlob }))).toStrictEqual(DRY_RUN);
    const permissions = { ...request, dryRunModifiers: ['IGNORE_CIPHERTEXT'] } as const;
    expect(await faultOf(rig.run('Decrypt', permissions))).toStrictEqual(DRY_RUN);
  });

  it('of what is too long says that', async () => {
    const call = rig.run('Encrypt', {
      keyId: keyOf('RSA_2048').id,
      plaintext: Buffer.alloc(191),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      dryRun: true,
    });
    expect(await faultOf(call)).toStrictEqual({
      code: 'ValidationException',
      detail: 'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.',
    });
  });

  it('of a ciphertext with another length than the modulus says that', async () => {
    const call = rig.run('Decrypt', {
      keyId: keyOf('RSA_2048').id,
      ciphertextBlob: Buffer.alloc(255),
      encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      dryRun: true,
    });
    expect(await faultOf(call)).toStrictEqual(INVALID);
  });
});

it.for([
  { operation: 'Encrypt', use: (id: string): Promise<unknown> => encrypted(id) },
  { operation: 'Decrypt', use: async (id: string): Promise<unknown> => decrypt(id, await encrypted(id)) },
] as const)('$operation is the last use of its key', async ({ operation, use }) => {
  const { id } = await newKeyOf(rig, 'RSA_2048', 'ENCRYPT_DECRYPT');
  await use(id);
  expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({ keyLastUsage: { operation } });
});

/** What somebody else makes with the public key. */
function foreign(key: KnownKey, text: Uint8Array, options: object = {}): Buffer {
  return publicEncrypt({ key: key.publicKey, padding: OAEP, oaepHash: 'sha256', ...options }, text);
}

function another(): KnownKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { id: '', arn: '', privateKey, publicKey };
}

/** Of `openssl pkeyutl`, without the key. */
function oaep(direction: '-encrypt' | '-decrypt', hash: string): string[] {
  const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`];
  return [
    'pkeyutl',
    direction,
    '-keyform',
    'DER',
    '-in',
    'text.bin',
    ...options.flatMap((option) => ['-pkeyopt', option]),
  ];
}
