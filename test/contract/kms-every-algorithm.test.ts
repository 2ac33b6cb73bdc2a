/**
 * Every algorithm of every kind of key, in a whole engine over a SoftHSM2 token: made, used and verified by the AWS
 * SDK, and held against node:crypto and Noble. The table is typed from kms-behaviour.md §2.
 */
import {
  constants,
  createPublicKey,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  hash,
  type KeyObject,
  publicEncrypt,
  verify,
} from 'node:crypto';
import {
  CreateKeyCommand,
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncapsulateCommand,
  EncryptCommand,
  type EncryptionAlgorithmSpec,
  GenerateMacCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KeyUsageType,
  KMSClient,
  type MacAlgorithmSpec,
  type MessageType,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { shake256 } from '@noble/hashes/sha3.js';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ensureDemoDomain } from '../../src/cli/demo-domain.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type Running, startPortcullis } from '../../src/main.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { until } from '../support/running-proxy.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ALICE = { accessKeyId: 'AKIDALICE', secretAccessKey: 'the-secret-of-alice' };
const silence = (): void => undefined;
const SILENT = { debug: silence, info: silence, warn: silence, error: silence };
const TEXT = Buffer.from('attack at dawn');
/** RFC 8017 and the lengths of SubjectPublicKeyInfo. */
const RSA = [
  { spec: 'RSA_2048', bytes: 256, spki: 294 },
  { spec: 'RSA_3072', bytes: 384, spki: 422 },
  { spec: 'RSA_4096', bytes: 512, spki: 550 },
] as const;
const OLDER = /^(RSA|ECC_NIST_P|ECC_SECG|HMAC)/;

interface Signing {
  readonly spec: KeySpec;
  readonly algorithm: SigningAlgorithmSpec;
  readonly type: MessageType | undefined;
  readonly of: (key: KeyObject) => Uint8Array;
  readonly accepts: (signature: Uint8Array, key: KeyObject) => boolean;
  readonly length: { readonly atLeast: number; readonly atMost: number };
}

const SIGNINGS: readonly Signing[] = [
  ...RSA.flatMap(({ spec, bytes }) =>
    (['256', '384', '512'] as const).flatMap((bits) => [
      ...hashed(spec, `RSASSA_PKCS1_V1_5_SHA_${bits}`, `sha${bits}`, pkcs1, [bytes, bytes]),
      ...hashed(spec, `RSASSA_PSS_SHA_${bits}`, `sha${bits}`, pss, [bytes, bytes]),
    ]),
  ),
  ...hashed('ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', plain, [60, 72]),
  ...hashed('ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', plain, [92, 104]),
  ...hashed('ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', plain, [126, 139]),
  ...hashed('ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', plain, [60, 72]),
  {
    spec: 'ECC_NIST_EDWARDS25519',
    algorithm: 'ED25519_SHA_512',
    type: 'RAW',
    of: () => TEXT,
    accepts: (signature, key) => verify(null, TEXT, key, signature),
    length: { atLeast: 64, atMost: 64 },
  },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    algorithm: 'ED25519_PH_SHA_512',
    type: 'DIGEST',
    of: () => hash('sha512', TEXT, 'buffer'),
    // The digest is hashed once more: it is what Ed25519ph takes for the message.
    accepts: (signature, key) => ed25519ph.verify(signature, hash('sha512', TEXT, 'buffer'), rawOf(key)),
    length: { atLeast: 64, atMost: 64 },
  },
  ...mlDsa('ML_DSA_44', 2420),
  ...mlDsa('ML_DSA_65', 3309),
  ...mlDsa('ML_DSA_87', 4627),
];

let token: TestToken;
let running: Running;
let client: KMSClient;
const keys = new Map<string, Promise<string>>();

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  const credentials = [{ ...ALICE, account: '111122223333', principal: 'user/alice' }];
  const kms = { port: 0, token: 'soft', store: { sqlite: 'kms/records.db' }, access: { credentials } };
  const config = loadConfig(await proxyConfig(token, { more: { keyStores: [], kms } }));
  await ensureDemoDomain(config, SILENT);
  running = await startPortcullis({ config, log: SILENT });
  await until(() => running.readiness().ready);
  client = new KMSClient({
    endpoint: running.addresses.kms ?? '',
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { ...ALICE },
  });
});

afterAll(async () => {
  client.destroy();
  await running.drain();
  await token[Symbol.asyncDispose]();
});

describe('signatures', () => {
  test.for(SIGNINGS)('of $spec by $algorithm, MessageType $type', async (way) => {
    const { spec, algorithm, type, of, accepts, length } = way;
    const KeyId = await keyOf(spec, 'SIGN_VERIFY');
    const key = await publicKeyOf(KeyId);
    const request = {
      KeyId,
      Message: of(key),
      SigningAlgorithm: algorithm,
      ...(type !== undefined && { MessageType: type }),
    };
    const { $metadata: _, ...signed } = await client.send(new SignCommand(request));
    const signature = bytes(signed.Signature);

    expect(signed).toStrictEqual({ KeyId, Signature: expect.any(Uint8Array), SigningAlgorithm: algorithm });
    expect(signature.length).toBeGreaterThanOrEqual(length.atLeast);
    expect(signature.length).toBeLessThanOrEqual(length.atMost);
    expect(accepts(signature, key)).toBe(true);
    const { $metadata: __, ...verified } = await client.send(
      new VerifyCommand({ ...request, Signature: signature }),
    );
    expect(verified).toStrictEqual({ KeyId, SignatureValid: true, SigningAlgorithm: algorithm });
    const bad = Buffer.from(signature);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    await expect(client.send(new VerifyCommand({ ...request, Signature: bad }))).rejects.toMatchObject({
      name: 'KMSInvalidSignatureException',
      message: 'UnknownError',
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('MACs', () => {
  test.for([
    { spec: 'HMAC_224', algorithm: 'HMAC_SHA_224', length: 28 },
    { spec: 'HMAC_256', algorithm: 'HMAC_SHA_256', length: 32 },
    { spec: 'HMAC_384', algorithm: 'HMAC_SHA_384', length: 48 },
    { spec: 'HMAC_512', algorithm: 'HMAC_SHA_512', length: 64 },
  ] as const)('of $spec', async ({ spec, algorithm, length }) => {
    const KeyId = await keyOf(spec, 'GENERATE_VERIFY_MAC');
    const MacAlgorithm: MacAlgorithmSpec = algorithm;
    const { $metadata: _, ...made } = await client.send(
      new GenerateMacCommand({ KeyId, Message: TEXT, MacAlgorithm }),
    );
    const mac = bytes(made.Mac);

    expect(made).toStrictEqual({ KeyId, Mac: expect.any(Uint8Array), MacAlgorithm });
    expect(mac).toHaveLength(length);
    const { $metadata: __, ...verified } = await client.send(
      new VerifyMacCommand({ KeyId, Message: TEXT, MacAlgorithm, Mac: mac }),
    );
    expect(verified).toStrictEqual({ KeyId, MacValid: true, MacAlgorithm });
    mac[0] = (mac.at(0) ?? 0) ^ 1;
    await expect(
      client.send(new VerifyMacCommand({ KeyId, Message: TEXT, MacAlgorithm, Mac: mac })),
    ).rejects.toMatchObject({ name: 'KMSInvalidMacException', message: 'UnknownError' });
  });
});

describe('encryption', () => {
  test.for(
    RSA.flatMap(({ spec, bytes: size }) => [
      { spec, algorithm: 'RSAES_OAEP_SHA_1' as const, hashName: 'sha1', size, most: size - 42 },
      { spec, algorithm: 'RSAES_OAEP_SHA_256' as const, hashName: 'sha256', size, most: size - 66 },
    ]),
  )('to $spec by $algorithm', async ({ spec, algorithm, hashName, size, most }) => {
    const KeyId = await keyOf(spec, 'ENCRYPT_DECRYPT');
    const EncryptionAlgorithm: EncryptionAlgorithmSpec = algorithm;
    const Plaintext = Buffer.alloc(most, 7);
    const { $metadata: _, ...made } = await client.send(
      new EncryptCommand({ KeyId, Plaintext, EncryptionAlgorithm }),
    );
    expect(made).toStrictEqual({ KeyId, CiphertextBlob: expect.any(Uint8Array), EncryptionAlgorithm });
    expect(made.CiphertextBlob).toHaveLength(size);
    const { $metadata: __, ...opened } = await client.send(
      new DecryptCommand({ KeyId, CiphertextBlob: made.CiphertextBlob, EncryptionAlgorithm }),
    );
    expect(opened).toStrictEqual({ KeyId, Plaintext: expect.any(Uint8Array), EncryptionAlgorithm });
    expect(bytes(opened.Plaintext)).toEqual(Plaintext);

    const foreign = publicEncrypt(
      { key: await publicKeyOf(KeyId), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hashName },
      TEXT,
    );
    const read = await client.send(
      new DecryptCommand({ KeyId, CiphertextBlob: foreign, EncryptionAlgorithm }),
    );
    expect(bytes(read.Plaintext)).toEqual(TEXT);
    await expect(
      client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(most + 1), EncryptionAlgorithm })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${most} bytes.`,
    });
  });
});

describe('shared secrets', () => {
  test.for([
    { spec: 'ECC_NIST_P256', namedCurve: 'P-256', length: 32 },
    { spec: 'ECC_NIST_P384', namedCurve: 'P-384', length: 48 },
    { spec: 'ECC_NIST_P521', namedCurve: 'P-521', length: 66 },
  ] as const)('of $spec', async ({ spec, namedCurve, length }) => {
    const KeyId = await keyOf(spec, 'KEY_AGREEMENT');
    const peer = generateKeyPairSync('ec', { namedCurve });
    const PublicKey = peer.publicKey.export({ type: 'spki', format: 'der' });
    const { $metadata: _, ...derived } = await client.send(
      new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' }),
    );
    expect(derived).toStrictEqual({
      KeyId,
      SharedSecret: expect.any(Uint8Array),
      KeyAgreementAlgorithm: 'ECDH',
      KeyOrigin: 'AWS_KMS',
    });
    expect(derived.SharedSecret).toHaveLength(length);
    expect(bytes(derived.SharedSecret)).toEqual(
      diffieHellman({ privateKey: peer.privateKey, publicKey: await publicKeyOf(KeyId) }),
    );
  });

  test.for([
    { spec: 'ML_KEM_512', length: 768 },
    { spec: 'ML_KEM_768', length: 1088 },
    { spec: 'ML_KEM_1024', length: 1568 },
  ] as const)('of $spec', async ({ spec, length }) => {
    const KeyId = await keyOf(spec, 'ENCAPSULATE_DECAPSULATE');
    const EncapsulationAlgorithm = 'ML_KEM' as const;
    const { $metadata: _, ...made } = await client.send(
      new EncapsulateCommand({ KeyId, EncapsulationAlgorithm }),
    );
    expect(made).toStrictEqual({
      KeyId,
      SharedSecret: expect.any(Uint8Array),
      SharedSecretCiphertextBlob: expect.any(Uint8Array),
      EncapsulationAlgorithm,
    });
    expect(made.SharedSecretCiphertextBlob).toHaveLength(length);
    const open = (SharedSecretCiphertextBlob: Uint8Array | undefined) =>
      client.send(new DecapsulateCommand({ KeyId, EncapsulationAlgorithm, SharedSecretCiphertextBlob }));
    const { $metadata: __, ...opened } = await open(made.SharedSecretCiphertextBlob);
    expect(opened).toStrictEqual({ KeyId, SharedSecret: made.SharedSecret, EncapsulationAlgorithm });
    expect(opened.SharedSecret).toHaveLength(32);

    const foreign = encapsulate(await publicKeyOf(KeyId));
    expect(bytes((await open(foreign.ciphertext)).SharedSecret)).toEqual(foreign.sharedKey);
    const rejected = await open(Buffer.alloc(length));
    expect(rejected.SharedSecret).toHaveLength(32);
    await expect(open(Buffer.alloc(length - 1))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
      message: 'UnknownError',
    });
  });
});

describe('public keys', () => {
  test.for([
    ...RSA.map(({ spec, spki }) => ({ spec, usage: 'ENCRYPT_DECRYPT' as const, spki })),
    ...RSA.map(({ spec, spki }) => ({ spec, usage: 'SIGN_VERIFY' as const, spki })),
    { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', spki: 91 },
    { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY', spki: 120 },
    { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', spki: 158 },
    { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', spki: 91 },
    { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', spki: 120 },
    { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT', spki: 158 },
    { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY', spki: 88 },
    { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', spki: 44 },
    { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', spki: 1334 },
    { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', spki: 1974 },
    { spec: 'ML_DSA_87', usage: 'SIGN_VERIFY', spki: 2614 },
    { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE', spki: 822 },
    { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE', spki: 1206 },
    { spec: 'ML_KEM_1024', usage: 'ENCAPSULATE_DECAPSULATE', spki: 1590 },
  ] as const)('of $spec for $usage has $spki bytes', async ({ spec, usage, spki }) => {
    const KeyId = await keyOf(spec, usage);
    const { $metadata: _, PublicKey, ...about } = await client.send(new GetPublicKeyCommand({ KeyId }));
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    const algorithms = {
      ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
      SIGN_VERIFY: 'SigningAlgorithms',
      KEY_AGREEMENT: 'KeyAgreementAlgorithms',
      ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
    } as const;
    const member = algorithms[usage];

    expect(PublicKey).toHaveLength(spki);
    expect(about).toStrictEqual({
      KeyId,
      KeySpec: spec,
      KeyUsage: usage,
      ...(OLDER.test(spec) && { CustomerMasterKeySpec: spec }),
      [member]: KeyMetadata?.[member],
    });
    expect(KeyMetadata).not.toHaveProperty('CurrentKeyMaterialId');
  });

  it('are used by what their keys did last', async () => {
    const KeyId = await keyOf('ML_KEM_512', 'ENCAPSULATE_DECAPSULATE');
    await client.send(new EncapsulateCommand({ KeyId, EncapsulationAlgorithm: 'ML_KEM' }));
    const { KeyLastUsage } = await client.send(new GetKeyLastUsageCommand({ KeyId }));
    expect(KeyLastUsage).toMatchObject({ Operation: 'Encapsulate', Timestamp: expect.any(Date) });
  });
});

/** One key of each kind, made by CreateKey. */
function keyOf(KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<string> {
  const name = `${KeySpec} ${KeyUsage}`;
  const made = keys.get(name) ?? makeKey(KeySpec, KeyUsage);
  keys.set(name, made);
  return made;
}

async function makeKey(KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
  return KeyMetadata?.Arn ?? '';
}

async function publicKeyOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: bytes(PublicKey), format: 'der', type: 'spki' });
}

function bytes(value: Uint8Array | undefined): Buffer {
  return Buffer.from(value ?? []);
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'raw-public' });
}

/** What is hashed by KMS, by default or as asked, or was by the caller. */
function hashed(
  spec: KeySpec,
  algorithm: SigningAlgorithmSpec,
  hashName: string,
  input: (key: KeyObject) => Parameters<typeof verify>[2],
  [atLeast, atMost]: readonly [number, number],
): Signing[] {
  const accepts: Signing['accepts'] = (signature, key) => verify(hashName, TEXT, input(key), signature);
  const digest = hash(hashName, TEXT, 'buffer');
  const same = { spec, algorithm, accepts, length: { atLeast, atMost } };
  return [
    { ...same, type: undefined, of: () => TEXT },
    { ...same, type: 'RAW', of: () => TEXT },
    { ...same, type: 'DIGEST', of: () => digest },
  ];
}

/** μ is SHAKE256(SHAKE256(pk, 64) ‖ 00 ‖ 00 ‖ M, 64): FIPS 204, 6.2, with an empty context. */
function mlDsa(spec: KeySpec, length: number): Signing[] {
  const same = {
    spec,
    algorithm: 'ML_DSA_SHAKE_256',
    accepts: (signature: Uint8Array, key: KeyObject) => verify(null, TEXT, key, signature),
    length: { atLeast: length, atMost: length },
  } as const;
  const mu = (key: KeyObject): Uint8Array => {
    const tr = shake256(rawOf(key), { dkLen: 64 });
    return shake256(Buffer.concat([tr, Buffer.alloc(2), TEXT]), { dkLen: 64 });
  };
  return [
    { ...same, type: undefined, of: () => TEXT },
    { ...same, type: 'RAW', of: () => TEXT },
    { ...same, type: 'EXTERNAL_MU', of: mu },
  ];
}

function plain(key: KeyObject): KeyObject {
  return key;
}

function pkcs1(key: KeyObject) {
  return { key, padding: constants.RSA_PKCS1_PADDING };
}

/** A salt as long as the digest, and no other. */
function pss(key: KeyObject) {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
