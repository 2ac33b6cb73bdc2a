/** Seeds of every spec and usage, with and without fixed material. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import type { SeedKey } from '../../../../../src/domain/key/seed-key.ts';
import { Secret } from '../../../../../src/domain/secret.ts';
import { sowSeed } from '../../../../../src/engine/kms/seed/sow-seed.ts';
import { fromHex, integer, octets, sequence } from '../../../hsm/asymmetric/der.ts';
import { ACCOUNT, REGION, Rig } from '../rig.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${ID}`;
const KEY = {
  account: ACCOUNT,
  region: REGION,
  keyId: ID,
  aliases: [],
  description: '',
  tags: [],
  enabled: true,
};

const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** Private keys as their owners have them: by node:crypto, or the seed alone of RFC 9881 and RFC 9935. */
const PAIRS = [
  { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', pkcs8: () => derOf(rsa2048) },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', pkcs8: () => derOf(rsa2048) },
  { spec: 'RSA_3072', usage: 'SIGN_VERIFY', pkcs8: () => rsa(3072) },
  { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', pkcs8: () => rsa(4096) },
  { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', pkcs8: () => derOf(p256) },
  { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', pkcs8: () => derOf(p256) },
  { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', pkcs8: () => ec('P-384') },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', pkcs8: () => ec('P-521') },
  { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY', pkcs8: () => ec('secp256k1') },
  {
    spec: 'ECC_NIST_EDWARDS25519',
    usage: 'SIGN_VERIFY',
    pkcs8: () => derOf(generateKeyPairSync('ed25519').privateKey),
  },
  {
    spec: 'ML_DSA_44',
    usage: 'SIGN_VERIFY',
    pkcs8: () => seedForm('3034020100300b060960864801650304031104228020', 32),
  },
  {
    spec: 'ML_DSA_65',
    usage: 'SIGN_VERIFY',
    pkcs8: () => seedForm('3034020100300b060960864801650304031204228020', 32),
  },
  {
    spec: 'ML_DSA_87',
    usage: 'SIGN_VERIFY',
    pkcs8: () => seedForm('3034020100300b060960864801650304031304228020', 32),
  },
  {
    spec: 'ML_KEM_512',
    usage: 'ENCAPSULATE_DECAPSULATE',
    pkcs8: () => seedForm('3054020100300b060960864801650304040104428040', 64),
  },
  {
    spec: 'ML_KEM_768',
    usage: 'ENCAPSULATE_DECAPSULATE',
    pkcs8: () => seedForm('3054020100300b060960864801650304040204428040', 64),
  },
  {
    spec: 'ML_KEM_1024',
    usage: 'ENCAPSULATE_DECAPSULATE',
    pkcs8: () => seedForm('3054020100300b060960864801650304040304428040', 64),
  },
] as const;

const MACS = [
  { spec: 'HMAC_224', bytes: 28, algorithm: 'HMAC_SHA_224' },
  { spec: 'HMAC_256', bytes: 32, algorithm: 'HMAC_SHA_256' },
  { spec: 'HMAC_384', bytes: 48, algorithm: 'HMAC_SHA_384' },
  { spec: 'HMAC_512', bytes: 64, algorithm: 'HMAC_SHA_512' },
] as const;

describe('a seed', () => {
  test.for(PAIRS)('has the private key of $spec for $usage that it fixes', async ({ spec, usage, pkcs8 }) => {
    const rig = new Rig();
    const material = pkcs8();
    const seed: readonly SeedKey[] = [{ ...KEY, spec, usage, material: secretOf(material) }];
    expect(await sowSeed(seed, rig.services)).toMatchObject({ keysMade: 1 });
    const { keyMetadata } = await rig.run('DescribeKey', { keyId: ID });
    expect(keyMetadata).toMatchObject({ arn: ARN, keySpec: spec, keyUsage: usage, origin: 'AWS_KMS' });
    const expected = createPublicKey(createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }));
    expect(await publicKeyOf(rig)).toStrictEqual(expected.export({ type: 'spki', format: 'der' }));
    expect(await sowSeed(seed, rig.services)).toEqual({ keysMade: 0, aliasesMade: 0, keysLeft: 1 });
  });

  test.for(MACS)('has the key of $spec that it fixes', async ({ spec, bytes, algorithm }) => {
    const [first, second] = [new Rig(), new Rig()];
    const material = secretOf(Buffer.alloc(bytes, 7));
    const seed: readonly SeedKey[] = [{ ...KEY, spec, usage: 'GENERATE_VERIFY_MAC', material }];
    for (const { services } of [first, second]) await sowSeed(seed, services);
    const request = { keyId: ID, message: Buffer.from('hello'), macAlgorithm: algorithm };
    const { mac } = await first.run('GenerateMac', request);
    const answer = await second.run('VerifyMac', { ...request, mac: mac as Uint8Array });
    expect(answer).toMatchObject({ macValid: true });
  });

  test.for([
    { spec: 'RSA_2048', usage: 'SIGN_VERIFY' },
    { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT' },
    { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' },
    { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE' },
  ] as const)('makes a random key of $spec where it fixes none', async ({ spec, usage }) => {
    const [first, second] = [new Rig(), new Rig()];
    for (const { services } of [first, second]) await sowSeed([{ ...KEY, spec, usage }], services);
    expect(await publicKeyOf(first)).not.toStrictEqual(await publicKeyOf(second));
  });
});

describe('a seed is refused', () => {
  test.for([
    { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' },
    { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY' },
  ] as const)('for a key that exists, but not as $spec for $usage', async ({ spec, usage }) => {
    const rig = new Rig();
    await sowSeed([{ ...KEY, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }], rig.services);
    await expect(sowSeed([{ ...KEY, spec, usage }], rig.services)).rejects.toMatchObject({
      name: 'SeedConflict',
      conflicts: [
        `${ARN} exists with spec ECC_NIST_P256 and usage SIGN_VERIFY, and the seed gives it ${spec} and ${usage}`,
      ],
    });
  });

  it('for another private key than the one that the key has', async () => {
    const rig = new Rig();
    const kind = { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' } as const;
    await sowSeed([{ ...KEY, ...kind, material: secretOf(derOf(p256)) }], rig.services);
    const other = [{ ...KEY, ...kind, material: secretOf(ec('P-256')) }];
    await expect(sowSeed(other, rig.services)).rejects.toMatchObject({
      conflicts: [`${ARN} exists with other material than the seed gives it`],
    });
  });

  test.for([
    {
      title: 'an ML-KEM key without its seed',
      kind: { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' },
      pkcs8: () =>
        sequence(
          integer(0n),
          sequence(fromHex('0609608648016503040402')),
          octets(octets(ml_kem768.keygen().secretKey)),
        ),
    },
    {
      title: 'a byte after an RSA key',
      kind: { spec: 'RSA_2048', usage: 'SIGN_VERIFY' },
      pkcs8: () => Buffer.concat([derOf(rsa2048), Buffer.alloc(1)]),
    },
  ] as const)('for material that no vault takes: $title', async ({ kind, pkcs8 }) => {
    const rig = new Rig();
    const seed = [{ ...KEY, ...kind, material: secretOf(pkcs8()) }];
    await expect(sowSeed(seed, rig.services)).rejects.toMatchObject({
      name: 'SeedConflict',
      conflicts: [expect.stringContaining(`${ARN} cannot be made, as a key of ${kind.spec}: `)],
    });
  });

  it('for a spec that the vault lacks', async () => {
    const rig = new Rig();
    rig.vault.create = () => Promise.reject(new HsmFault('unsupported', 'the token has no such mechanism'));
    const seed = [{ ...KEY, spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY' }] as const;
    await expect(sowSeed(seed, rig.services)).rejects.toMatchObject({
      conflicts: [`${ARN} cannot be made, as a key of ECC_SECG_P256K1: the token has no such mechanism`],
    });
  });
});

async function publicKeyOf(rig: Rig): Promise<Buffer> {
  return Buffer.from((await rig.run('GetPublicKey', { keyId: ID })).publicKey as Uint8Array);
}

function secretOf(bytes: Uint8Array): Secret {
  return new Secret(Buffer.from(bytes).toString('base64'));
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: 'pkcs8', format: 'der' });
}

function rsa(modulusLength: number): Buffer {
  return derOf(generateKeyPairSync('rsa', { modulusLength }).privateKey);
}

function ec(namedCurve: string): Buffer {
  return derOf(generateKeyPairSync('ec', { namedCurve }).privateKey);
}

function seedForm(head: string, bytes: number): Buffer {
  return Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(bytes, 0x5e)]);
}
