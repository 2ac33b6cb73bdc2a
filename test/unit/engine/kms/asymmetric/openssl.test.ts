/** Signatures and MACs between the engine and the openssl command line, which share no line of code. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeySpec, SigningAlgorithmSpec } from '../../../../../src/domain/kms/api/enums.ts';
import { Rig } from '../rig.ts';
import { keyPairOf, pkcs8Of } from './key-pairs.ts';
import { keyWithMaterial } from './keys.ts';

interface Row {
  readonly spec: KeySpec;
  readonly algorithm: SigningAlgorithmSpec;
  /** What `openssl dgst` needs to know; absent for Ed25519, which it does not have. */
  readonly hash?: string;
  readonly options?: readonly string[];
}

const PSS = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'];

const ROWS: readonly Row[] = [
  ...(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).flatMap((spec): Row[] => [
    { spec, algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', hash: '-sha256' },
    { spec, algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', hash: '-sha384' },
    { spec, algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', hash: '-sha512' },
    { spec, algorithm: 'RSASSA_PSS_SHA_256', hash: '-sha256', options: PSS },
    { spec, algorithm: 'RSASSA_PSS_SHA_384', hash: '-sha384', options: PSS },
    { spec, algorithm: 'RSASSA_PSS_SHA_512', hash: '-sha512', options: PSS },
  ]),
  { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', hash: '-sha256' },
  { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_384', hash: '-sha384' },
  { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_512', hash: '-sha512' },
  { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_256', hash: '-sha256' },
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512' },
];

const RIG = new Rig();
const MESSAGE = Buffer.from('attack at dawn');
const KEYS = new Map<KeySpec, string>();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-openssl-'));
  for (const spec of new Set(ROWS.map((row) => row.spec))) {
    const key = await keyWithMaterial(RIG, { spec, usage: 'SIGN_VERIFY' }, pkcs8Of(keyPairOf(spec)));
    KEYS.set(spec, key.id);
  }
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe('openssl', () => {
  test.for(ROWS)('verifies what Sign makes: $algorithm by $spec', async (row) => {
    const id = KEYS.get(row.spec) as string;
    const { publicKey } = await RIG.run('GetPublicKey', { keyId: id });
    const { signature } = await RIG.run('Sign', {
      keyId: id,
      message: MESSAGE,
      signingAlgorithm: row.algorithm,
    });
    const files = await write(row, { message: MESSAGE, key: publicKey, signature });
    expect(await openssl(verification(row, files))).toMatch(/Verified (OK|Successfully)|Signature Verified/);
    await writeFile(files.message, 'attack at dusk');
    await expect(openssl(verification(row, files))).rejects.toThrow('Command failed');
  });

  test.for(ROWS)('makes what Verify accepts: $algorithm by $spec', async (row) => {
    const files = await write(row, { message: MESSAGE, key: pkcs8Of(keyPairOf(row.spec)) });
    await openssl(signing(row, files));
    const input = {
      keyId: KEYS.get(row.spec) as string,
      signature: await readFile(files.signature),
      signingAlgorithm: row.algorithm,
    };
    expect(await RIG.run('Verify', { ...input, message: MESSAGE })).toMatchObject({ signatureValid: true });
    const changed = RIG.run('Verify', { ...input, message: Buffer.from('attack at dusk') });
    await expect(changed).rejects.toMatchObject({ code: 'KMSInvalidSignatureException' });
  });

  test.for([
    { spec: 'HMAC_224', algorithm: 'HMAC_SHA_224', hash: '-sha224', bytes: 28 },
    { spec: 'HMAC_256', algorithm: 'HMAC_SHA_256', hash: '-sha256', bytes: 32 },
    { spec: 'HMAC_384', algorithm: 'HMAC_SHA_384', hash: '-sha384', bytes: 48 },
    { spec: 'HMAC_512', algorithm: 'HMAC_SHA_512', hash: '-sha512', bytes: 64 },
  ] as const)('makes the same MAC: $algorithm', async ({ spec, algorithm, hash, bytes }) => {
    const key = Buffer.alloc(bytes, 0xa5);
    const { id } = await keyWithMaterial(RIG, { spec, usage: 'GENERATE_VERIFY_MAC' }, key);
    const { message } = await write({ algorithm }, { message: MESSAGE });
    const options = ['-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`];
    const told = await openssl(['dgst', hash, ...options, message]);
    const mac = Buffer.from(told.trim().split(' ').at(-1) as string, 'hex');
    const input = { keyId: id, message: MESSAGE, macAlgorithm: algorithm };
    expect(Buffer.from((await RIG.run('GenerateMac', input)).mac as Uint8Array)).toStrictEqual(mac);
    expect(await RIG.run('VerifyMac', { ...input, mac })).toMatchObject({ macValid: true });
  });
});

interface Files {
  readonly message: string;
  readonly key: string;
  readonly signature: string;
}

async function write(
  { spec = 'HMAC_256', algorithm }: { readonly spec?: KeySpec; readonly algorithm: string },
  contents: Partial<Record<keyof Files, Uint8Array | undefined>>,
): Promise<Files> {
  const nameOf = (what: string): string => join(folder, `${spec}-${algorithm}-${what}`);
  const files = { message: nameOf('message'), key: nameOf('key.der'), signature: nameOf('signature') };
  for (const [what, bytes] of Object.entries(contents)) {
    await writeFile(files[what as keyof Files], bytes as Uint8Array);
  }
  return files;
}

function verification({ hash, options = [] }: Row, { message, key, signature }: Files): string[] {
  if (hash === undefined) {
    const input = ['-rawin', '-in', message, '-sigfile', signature];
    return ['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', key, ...input];
  }
  return ['dgst', hash, ...options, '-keyform', 'DER', '-verify', key, '-signature', signature, message];
}

function signing({ hash, options = [] }: Row, { message, key, signature }: Files): string[] {
  if (hash === undefined) {
    return [
      'pkeyutl',
      '-sign',
      '-keyform',
      'DER',
      '-inkey',
      key,
      '-rawin',
      '-in',
      message,
      '-out',
      signature,
    ];
  }
  return ['dgst', hash, ...options, '-keyform', 'DER', '-sign', key, '-out', signature, message];
}

async function openssl(args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('openssl', [...args])).stdout;
}
