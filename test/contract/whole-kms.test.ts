/** A whole engine, from its configuration to a SoftHSM2 token and a SQLite file, called by the AWS SDK. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { rename } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  type KeySpec,
  KMSClient,
  ListKeysCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureDemoDomain } from '../../src/cli/demo-domain.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { controlGet, controlPost } from '../../src/edge/control/control-client.ts';
import { type Running, startPortcullis } from '../../src/main.ts';
import { CertificateShop } from '../support/certificates.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { until } from '../support/running-proxy.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

const ALICE = { accessKeyId: 'AKIDALICE', secretAccessKey: 'the secret of alice'.replaceAll(' ', '-') };
const BOB = { accessKeyId: 'AKIDBOB', secretAccessKey: 'the secret of bob'.replaceAll(' ', '-') };
const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let token: TestToken;
let clients: KMSClient[];

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await token[Symbol.asyncDispose]();
});

/** With a domain in the token; a second start finds everything as it was. */
async function startKms(kms: Record<string, unknown> = {}): Promise<Running> {
  const file = await proxyConfig(token, {
    more: {
      keyStores: [],
      control: { socket: 'control.sock' },
      kms: {
        port: 0,
        token: 'soft',
        store: { sqlite: 'kms/records.db' },
        access: {
          credentials: [
            { ...ALICE, account: '111122223333', principal: 'user/alice' },
            { ...BOB, account: '444455556666' },
          ],
        },
        ...kms,
      },
    },
  });
  const config = loadConfig(file);
  await ensureDemoDomain(config, SILENT);
  const running = await startPortcullis({ config, log: SILENT });
  await until(() => running.readiness().ready);
  return running;
}

function clientOf(
  running: Running,
  options: { readonly region?: string; readonly credentials?: typeof ALICE } = {},
): KMSClient {
  // The SDK writes into the credentials that it is given.
  const credentials = { ...(options.credentials ?? ALICE) };
  const endpoint = running.addresses.kms ?? '';
  const client = new KMSClient({ endpoint, region: 'eu-west-1', maxAttempts: 1, ...options, credentials });
  clients.push(client);
  return client;
}

async function newKey(client: KMSClient): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  return KeyMetadata?.Arn ?? '';
}

interface SignatureRow {
  readonly KeySpec: KeySpec;
  readonly SigningAlgorithm: SigningAlgorithmSpec;
  /** By node:crypto, of the message as it is. */
  readonly isValid: (signature: Uint8Array, key: KeyObject) => boolean;
}

/** With the signature, and whether node:crypto takes it. */
async function signed(client: KMSClient, { KeySpec, SigningAlgorithm, isValid }: SignatureRow) {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }));
  const request = { KeyId: KeyMetadata?.Arn, Message: PLAINTEXT, SigningAlgorithm };
  const { Signature = new Uint8Array(0) } = await client.send(new SignCommand(request));
  const { PublicKey = [] } = await client.send(new GetPublicKeyCommand(request));
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return { ...request, Signature, isOthers: isValid(Signature, key) };
}

async function macOf(client: KMSClient, { KeySpec, MacAlgorithm }: (typeof MACS)[number]) {
  const KeyUsage = 'GENERATE_VERIFY_MAC';
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
  const request = { KeyId: KeyMetadata?.Arn, Message: PLAINTEXT, MacAlgorithm };
  return { ...request, Mac: (await client.send(new GenerateMacCommand(request))).Mac };
}

const by =
  (hash: string | null, options: object = {}): SignatureRow['isValid'] =>
  (signature, key) =>
    verify(hash, PLAINTEXT, { key, ...options }, signature);

const OTHER = Buffer.from('something else');
const PSS_SHA_384 = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };

const SIGNATURES: readonly SignatureRow[] = [
  { KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256', isValid: by('sha256') },
  { KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PSS_SHA_384', isValid: by('sha384', PSS_SHA_384) },
  { KeySpec: 'ECC_NIST_P256', SigningAlgorithm: 'ECDSA_SHA_256', isValid: by('sha256') },
  { KeySpec: 'ECC_NIST_P384', SigningAlgorithm: 'ECDSA_SHA_384', isValid: by('sha384') },
  { KeySpec: 'ECC_NIST_P521', SigningAlgorithm: 'ECDSA_SHA_512', isValid: by('sha512') },
  { KeySpec: 'ECC_SECG_P256K1', SigningAlgorithm: 'ECDSA_SHA_256', isValid: by('sha256') },
  { KeySpec: 'ECC_NIST_EDWARDS25519', SigningAlgorithm: 'ED25519_SHA_512', isValid: by(null) },
  { KeySpec: 'ML_DSA_65', SigningAlgorithm: 'ML_DSA_SHAKE_256', isValid: by(null) },
];

const MACS = [
  { KeySpec: 'HMAC_224', MacAlgorithm: 'HMAC_SHA_224' },
  { KeySpec: 'HMAC_256', MacAlgorithm: 'HMAC_SHA_256' },
  { KeySpec: 'HMAC_384', MacAlgorithm: 'HMAC_SHA_384' },
  { KeySpec: 'HMAC_512', MacAlgorithm: 'HMAC_SHA_512' },
] as const;

const PLAINTEXT = Buffer.from('kept for long');

describe('an engine over a token and a file', () => {
  it('opens after a restart what it encrypted before, with older material too', async () => {
    const before = await startKms();
    const client = clientOf(before);
    const KeyId = await newKey(client);
    const old = await client.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }));
    await client.send(new RotateKeyOnDemandCommand({ KeyId }));
    const young = await client.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }));
    await before.drain();
    await using after = await startKms();
    const again = clientOf(after);
    const opened = [old, young].map(({ CiphertextBlob }) =>
      again.send(new DecryptCommand({ CiphertextBlob })),
    );
    const [first, second] = await Promise.all(opened);

    expect(Buffer.from(first?.Plaintext ?? [])).toEqual(PLAINTEXT);
    expect(Buffer.from(second?.Plaintext ?? [])).toEqual(PLAINTEXT);
    expect(first?.KeyMaterialId).not.toBe(second?.KeyMaterialId);
  });

  it('keeps accounts and Regions apart', async () => {
    await using running = await startKms();
    const alice = clientOf(running);
    const KeyId = await newKey(alice);
    const elsewhere = clientOf(running, { region: 'us-east-1' });
    const bob = clientOf(running, { credentials: BOB });

    expect((await elsewhere.send(new ListKeysCommand({}))).Keys).toEqual([]);
    expect((await bob.send(new ListKeysCommand({}))).Keys).toEqual([]);
    await expect(elsewhere.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Invalid arn eu-west-1',
    });
    expect((await alice.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
  });

  it('lets nobody in whose signature it cannot verify', async () => {
    await using running = await startKms();
    const wrong = clientOf(running, { credentials: { ...ALICE, secretAccessKey: 'guessed' } });
    const unknown = clientOf(running, { credentials: { ...ALICE, accessKeyId: '123456789012' } });

    await expect(wrong.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    await expect(unknown.send(new ListKeysCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
  });

  it('answers over TLS', async () => {
    using shop = new CertificateShop();
    const { certFile, keyFile } = shop.issue({ cn: 'localhost', dns: ['localhost'] });
    await using running = await startKms({ tls: { certFile, keyFile } });
    const { port } = new URL(running.addresses.kms ?? '');
    const status = await new Promise((resolve, reject) => {
      https
        .get({ host: 'localhost', port, path: '/ping', ca: shop.root.cert, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .once('error', reject);
    });

    expect(running.addresses.kms).toMatch(/^https:/);
    expect(status).toBe(200);
  });

  it('says that it depends on a token that is away, and goes on when it is back', async () => {
    await using running = await startKms();
    const client = clientOf(running);
    const KeyId = await newKey(client);
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }));
    const away = `${token.paths.tokenDirectory}-away`;
    await rename(token.paths.tokenDirectory, away);
    for (const host of await hosts()) process.kill(host, 'SIGKILL');
    const refused = await client
      .send(new DecryptCommand({ CiphertextBlob }))
      .catch((error: unknown) => error);
    const listed = await client.send(new ListKeysCommand({}));
    await rename(away, token.paths.tokenDirectory);
    await until(() =>
      client.send(new DecryptCommand({ CiphertextBlob })).then(
        () => true,
        () => false,
      ),
    );

    expect(refused).toMatchObject({ name: 'DependencyTimeoutException' });
    expect(listed.Keys).toHaveLength(1);
  });

  it('moves its clock and forgets its keys only where the operator allows that', async () => {
    await using running = await startKms();
    const client = clientOf(running);
    await newKey(client);
    const socket = join(token.paths.directory, 'control.sock');
    const problems = ['kms.dangerAllowClockControl is not set in the configuration of this process'];

    expect(await controlPost(socket, '/clock/advance', { body: '{"ms":1000}' })).toMatchObject({ problems });
    expect(await controlPost(socket, '/kms/reset')).toEqual({ problems });
    expect((await client.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
  });

  it('signs with every algorithm, and what it signed is still valid after a restart', async () => {
    const before = await startKms();
    const client = clientOf(before);
    const made = await Promise.all(SIGNATURES.map((row) => signed(client, row)));
    await before.drain();
    await using after = await startKms();
    const again = clientOf(after);

    for (const { isOthers, ...request } of made) {
      const { SigningAlgorithm } = request;
      expect(isOthers, SigningAlgorithm).toBe(true);
      expect(await again.send(new VerifyCommand(request))).toMatchObject({ SignatureValid: true });
      expect(await again.send(new SignCommand(request))).toMatchObject({ SigningAlgorithm });
      await expect(again.send(new VerifyCommand({ ...request, Message: OTHER }))).rejects.toMatchObject({
        name: 'KMSInvalidSignatureException',
      });
    }
  });

  it('makes MACs that are still valid after a restart', async () => {
    const before = await startKms();
    const made = await Promise.all(MACS.map((row) => macOf(clientOf(before), row)));
    await before.drain();
    await using after = await startKms();
    const client = clientOf(after);

    for (const request of made) {
      expect(await client.send(new VerifyMacCommand(request))).toMatchObject({ MacValid: true });
      await expect(client.send(new VerifyMacCommand({ ...request, Message: OTHER }))).rejects.toMatchObject({
        name: 'KMSInvalidMacException',
      });
    }
  });

  it('shows the operator where a key works, and nothing of its material', async () => {
    await using running = await startKms();
    const { KeyMetadata } = await clientOf(running).send(new CreateKeyCommand({}));
    const socket = join(token.paths.directory, 'control.sock');
    const body = JSON.stringify({ key: KeyMetadata?.Arn });

    expect(await controlPost(socket, '/kms/key', { body })).toEqual({
      problems: [],
      keys: [
        {
          keyId: KeyMetadata?.KeyId,
          arn: KeyMetadata?.Arn,
          spec: 'SYMMETRIC_DEFAULT',
          usage: 'ENCRYPT_DECRYPT',
          state: 'Enabled',
          origin: 'AWS_KMS',
          materials: [{ materialId: KeyMetadata?.CurrentKeyMaterialId, current: true, generation: 1 }],
          algorithms: [{ algorithm: 'SYMMETRIC_DEFAULT', worksIn: 'token' }],
        },
      ],
    });
  });

  it('stays where its clock was moved to, after a restart', async () => {
    const before = await startKms({ dangerAllowClockControl: true });
    const socket = join(token.paths.directory, 'control.sock');
    await controlPost(socket, '/clock/advance', { body: '{"ms":864000000}' });
    await before.drain();
    await using after = await startKms({ dangerAllowClockControl: true });
    const { KeyMetadata } = await clientOf(after).send(new CreateKeyCommand({}));
    const aheadMs = (KeyMetadata?.CreationDate?.getTime() ?? 0) - Date.now();

    expect(aheadMs).toBeGreaterThan(863_000_000);
    expect(await controlPost(socket, '/kms/reset')).toEqual({ problems: [] });
    expect((await clientOf(after).send(new ListKeysCommand({}))).Keys).toEqual([]);
  });

  it('does not start without a domain, and says what makes one', async () => {
    const file = await proxyConfig(token, {
      more: {
        keyStores: [],
        kms: { port: 0, token: 'soft', store: { sqlite: 'empty.db' }, access: { mode: 'open' } },
      },
    });

    await expect(startPortcullis({ config: loadConfig(file), log: SILENT })).rejects.toThrow(
      'the store of the KMS engine has no domain yet; run: portcullis domain init --config <file>',
    );
  });
});

/** Process ids of the token hosts, as the control socket tells them. */
async function hosts(): Promise<number[]> {
  const status = (await controlGet(join(token.paths.directory, 'control.sock'), '/status')) as {
    readonly hosts: readonly { readonly pid: number }[];
  };
  return status.hosts.map(({ pid }) => pid);
}
