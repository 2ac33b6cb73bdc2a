/** Keys of other kinds than symmetric ones in a whole engine over a SoftHSM2 token, called by the AWS SDK. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ensureDemoDomain } from '../../src/cli/demo-domain.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type Running, startPortcullis } from '../../src/main.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { until } from '../support/running-proxy.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ALICE = { accessKeyId: 'AKIDALICE', secretAccessKey: 'the-secret-of-alice' };
const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const TEXT = Buffer.from('attack at dawn');
const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256';

const known = generateKeyPairSync('rsa', { modulusLength: 2048 });

const SEED = `
account: '111122223333'
region: eu-west-1
keys:
  - id: 11111111-0000-4000-8000-000000000001
    aliases: [alias/rsa]
    spec: RSA_2048
    usage: ENCRYPT_DECRYPT
    dangerMaterial: ${known.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}
  - id: 11111111-0000-4000-8000-000000000002
    aliases: [alias/agreement]
    spec: ECC_NIST_P384
    usage: KEY_AGREEMENT
  - id: 11111111-0000-4000-8000-000000000003
    aliases: [alias/kem]
    spec: ML_KEM_768
  - id: 11111111-0000-4000-8000-000000000004
    aliases: [alias/aes]
`;

let token: TestToken;
let running: Running;
let client: KMSClient;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  running = await start();
});

afterAll(async () => {
  client.destroy();
  await running.drain();
  await token[Symbol.asyncDispose]();
});

/** Again after a restart: everything is as it was. */
async function start(): Promise<Running> {
  const credentials = [{ ...ALICE, account: '111122223333', principal: 'user/alice' }];
  const kms = {
    port: 0,
    token: 'soft',
    store: { sqlite: 'kms/records.db' },
    access: { credentials },
    seed: 'seed.yaml',
  };
  const file = await proxyConfig(token, { more: { keyStores: [], kms } });
  await writeFile(join(file, '../seed.yaml'), SEED, { mode: 0o600 });
  const config = loadConfig(file);
  await ensureDemoDomain(config, SILENT);
  const started = await startPortcullis({ config, log: SILENT });
  await until(() => started.readiness().ready);
  client = new KMSClient({
    endpoint: started.addresses.kms ?? '',
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { ...ALICE },
  });
  return started;
}

function decrypt(CiphertextBlob: Uint8Array | undefined) {
  return client.send(new DecryptCommand({ KeyId: 'alias/rsa', CiphertextBlob, EncryptionAlgorithm }));
}

function bytes(value: Uint8Array | undefined): Buffer {
  return Buffer.from(value ?? []);
}

async function publicKeyOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: bytes(PublicKey), format: 'der', type: 'spki' });
}

describe('in a token', () => {
  it('an RSA key of a seed opens what others encrypt to its public half, and has that of its owner', async () => {
    const key = await publicKeyOf('alias/rsa');
    expect(key.equals(known.publicKey)).toBe(true);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    for (const text of [TEXT, Buffer.alloc(190), Buffer.alloc(0)]) {
      const made = publicEncrypt({ key, padding, oaepHash: 'sha256' }, text);
      expect(bytes((await decrypt(made)).Plaintext)).toEqual(text);
    }
  });

  test.for([
    { title: 'zeros', of: () => Buffer.alloc(256) },
    { title: 'a number above the modulus', of: () => Buffer.alloc(256, 0xff) },
    {
      title: 'another hash',
      of: () =>
        publicEncrypt(
          { key: known.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
          TEXT,
        ),
    },
    {
      title: 'the padding of PKCS#1 v1.5',
      of: () => publicEncrypt({ key: known.publicKey, padding: constants.RSA_PKCS1_PADDING }, TEXT),
    },
    { title: 'a byte too few', of: () => Buffer.alloc(255) },
  ])('an RSA key does not open $title', async ({ of }) => {
    await expect(decrypt(of())).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('texts go from a symmetric key to an RSA key and back', async () => {
    const KeyId = 'alias/aes';
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: TEXT }));
    const rsa = await client.send(
      new ReEncryptCommand({
        CiphertextBlob,
        DestinationKeyId: 'alias/rsa',
        DestinationEncryptionAlgorithm: EncryptionAlgorithm,
      }),
    );
    expect(bytes((await decrypt(rsa.CiphertextBlob)).Plaintext)).toEqual(TEXT);
    const back = await client.send(
      new ReEncryptCommand({
        CiphertextBlob: rsa.CiphertextBlob,
        SourceKeyId: 'alias/rsa',
        SourceEncryptionAlgorithm: EncryptionAlgorithm,
        DestinationKeyId: 'alias/aes',
      }),
    );
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }));
    expect(bytes(opened.Plaintext)).toEqual(TEXT);
  });

  it('both sides of a key agreement have the same secret', async () => {
    const peer = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const { SharedSecret } = await client.send(
      new DeriveSharedSecretCommand({
        KeyId: 'alias/agreement',
        PublicKey: peer.publicKey.export({ type: 'spki', format: 'der' }),
        KeyAgreementAlgorithm: 'ECDH',
      }),
    );
    const publicKey = await publicKeyOf('alias/agreement');
    expect(bytes(SharedSecret)).toEqual(diffieHellman({ privateKey: peer.privateKey, publicKey }));
  });

  it('what is encapsulated is decapsulated', async () => {
    const request = { KeyId: 'alias/kem', EncapsulationAlgorithm: 'ML_KEM' } as const;
    const made = await client.send(new EncapsulateCommand(request));
    const { SharedSecretCiphertextBlob } = made;
    const opened = await client.send(new DecapsulateCommand({ ...request, SharedSecretCiphertextBlob }));
    expect(bytes(opened.SharedSecret)).toEqual(bytes(made.SharedSecret));
  });

  test.for(['RSA_4096', 'ECC_NIST_P521', 'ML_KEM_1024'] as const)(
    'the private key of a data key pair of %s is encrypted',
    async (KeyPairSpec) => {
      const pair = await client.send(new GenerateDataKeyPairCommand({ KeyId: 'alias/aes', KeyPairSpec }));
      const opened = await client.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }));
      expect(bytes(opened.Plaintext)).toEqual(bytes(pair.PrivateKeyPlaintext));
      const key = createPrivateKey({ key: bytes(opened.Plaintext), format: 'der', type: 'pkcs8' });
      expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(bytes(pair.PublicKey));
    },
  );

  it('keys are the same after a restart', async () => {
    const request = { KeyId: 'alias/kem', EncapsulationAlgorithm: 'ML_KEM' } as const;
    const made = await client.send(new EncapsulateCommand(request));
    const agreement = await publicKeyOf('alias/agreement');
    client.destroy();
    await running.drain();
    running = await start();
    const { SharedSecretCiphertextBlob } = made;
    const opened = await client.send(new DecapsulateCommand({ ...request, SharedSecretCiphertextBlob }));
    expect(bytes(opened.SharedSecret)).toEqual(bytes(made.SharedSecret));
    expect(agreement.equals(await publicKeyOf('alias/agreement'))).toBe(true);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const foreign = publicEncrypt({ key: known.publicKey, padding, oaepHash: 'sha256' }, TEXT);
    expect(bytes((await decrypt(foreign)).Plaintext)).toEqual(TEXT);
  });
});
