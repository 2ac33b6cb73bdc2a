import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { newKeyOf } from './keys.ts';
import { sowKnownKey } from './known-keys.ts';
import { openssl } from './openssl.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const NO_PUBLIC_KEY = { code: 'ValidationException', detail: '' };

/**
 * The first vector of each curve in NIST's CAVP for SP 800-56A, ECC CDH primitive (KAS_ECC_CDH_PrimitiveTest): the
 * other side's point, our private number, and the secret.
 */
const CURVES = [
  {
    spec: 'ECC_NIST_P256',
    curve: 'P-256',
    noble: p256,
    bytes: 32,
    x: '700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287',
    y: 'db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac',
    d: '7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534',
    z: '46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b',
  },
  {
    spec: 'ECC_NIST_P384',
    curve: 'P-384',
    noble: p384,
    bytes: 48,
    x: 'a7c76b970c3b5fe8b05d2838ae04ab47697b9eaf52e764592efda27fe7513272734466b400091adbf2d68c58e0c50066',
    y: 'ac68f19f2e1cb879aed43a9969b91a0839c4c38a49749b661efedf243451915ed0905a32b060992b468c64766fc8437a',
    d: '3cc3122a68f0d95027ad38c067916ba0eb8c38894d22e1b15618b6818a661774ad463b205da88cf699ab4d43c9cf98a1',
    z: '5f9d29dc5e31a163060356213669c8ce132e22f57c9a04f40ba7fcead493b457e5621e766c40a2e3d4d6a04b25e533f1',
  },
  {
    spec: 'ECC_NIST_P521',
    curve: 'P-521',
    noble: p521,
    bytes: 66,
    x: '00685a48e86c79f0f0875f7bc18d25eb5fc8c0b07e5da4f4370f3a9490340854334b1e1b87fa395464c60626124a4e70d0f785601d37c09870ebf176666877a2046d',
    y: '01ba52c56fc8776d9e8f5db4f0cc27636d0b741bbe05400697942e80b739884a83bde99e0f6716939e632bc8986fa18dccd443a348b6c3e522497955a4f3c302f676',
    d: '017eecc07ab4b329068fba65e56a1f8890aa935e57134ae0ffcce802735151f4eac6564f6ee9974c5e6887a1fefee5743ae2241bfeb95d5ce31ddcb6f9edb4d6fc47',
    z: '005fc70477c3e63bc3954bd0df3ea0d1f41ee21746ed95fc5e1fdf90930d5e136672d72cc770742d1711c3c3a4c334a0ad9759436a4d3c5bf6e74b9578fac148c831',
  },
] as const;

type Curve = (typeof CURVES)[number];

function newPeer(curve: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return { privateKey, publicKey, spki: spkiOf(publicKey) };
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function agree(rig: Rig, keyId: string, publicKey: Uint8Array) {
  return rig.run('DeriveSharedSecret', { keyId, publicKey, keyAgreementAlgorithm: 'ECDH' });
}

describe('DeriveSharedSecret', () => {
  test.for(CURVES)('of $spec gives $bytes bytes, the same as the other side has', async (row) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, row.spec, 'KEY_AGREEMENT');
    const peer = newPeer(row.curve);
    const answer = await agree(rig, key.id, peer.spki);
    const own = await publicKeyOf(rig, key.id);
    const theirs = diffieHellman({ privateKey: peer.privateKey, publicKey: own });
    expect(theirs).toHaveLength(row.bytes);
    expect(answer).toStrictEqual({
      keyId: key.arn,
      sharedSecret: theirs,
      keyAgreementAlgorithm: 'ECDH',
      keyOrigin: 'AWS_KMS',
    });
  });

  test.for(CURVES)('of $spec gives what openssl and @noble/curves derive', async (row) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, row.spec, 'KEY_AGREEMENT');
    const peer = newPeer(row.curve);
    const secret = Buffer.from((await agree(rig, key.id, peer.spki)).sharedSecret as Uint8Array);
    const own = await publicKeyOf(rig, key.id);
    const files = {
      'private.der': peer.privateKey.export({ type: 'pkcs8', format: 'der' }),
      'public.der': spkiOf(own),
    };
    const derive = ['pkeyutl', '-derive', '-keyform', 'DER', '-inkey', 'private.der'];
    expect(openssl([...derive, '-peerform', 'DER', '-peerkey', 'public.der'], files)).toStrictEqual(secret);
    const number = Buffer.from(String(peer.privateKey.export({ format: 'jwk' }).d), 'base64url');
    const point = row.noble.getSharedSecret(number, spkiOf(own).subarray(-1 - 2 * row.bytes));
    expect(Buffer.from(point.subarray(1))).toStrictEqual(secret);
  });

  test.for(CURVES)('of $spec is as in the vector of NIST', async (row) => {
    const rig = new Rig();
    const ecdh = createECDH({ 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[row.curve]);
    ecdh.setPrivateKey(row.d, 'hex');
    const point = ecdh.getPublicKey();
    const privateKey = createPrivateKey({
      key: {
        ...jwkOf(row, point.subarray(1, 1 + row.bytes), point.subarray(1 + row.bytes)),
        d: base64Url(row.d),
      },
      format: 'jwk',
    });
    const key = await sowKnownKey(rig, { id: ID, spec: row.spec, usage: 'KEY_AGREEMENT' }, privateKey);
    const peer = createPublicKey({
      key: jwkOf(row, Buffer.from(row.x, 'hex'), Buffer.from(row.y, 'hex')),
      format: 'jwk',
    });
    const { sharedSecret } = await agree(rig, key.id, spkiOf(peer));
    expect(Buffer.from(sharedSecret as Uint8Array).toString('hex')).toBe(row.z);
  });

  it('keeps zeros in front of the secret', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'KEY_AGREEMENT');
    const own = await publicKeyOf(rig, key.id);
    let peer = newPeer('P-256');
    let expected = diffieHellman({ privateKey: peer.privateKey, publicKey: own });
    while (expected[0] !== 0) {
      peer = newPeer('P-256');
      expected = diffieHellman({ privateKey: peer.privateKey, publicKey: own });
    }
    expect((await agree(rig, key.id, peer.spki)).sharedSecret).toStrictEqual(expected);
  });

  it('tells of a key with imported material where that is from', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'KEY_AGREEMENT');
    await rig.alter(key.id, { origin: 'EXTERNAL' });
    expect(await agree(rig, key.id, newPeer('P-256').spki)).toMatchObject({ keyOrigin: 'EXTERNAL' });
  });

  it('reaches a key of another account by its ARN', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P384', 'KEY_AGREEMENT');
    const request = { publicKey: newPeer('P-384').spki, keyAgreementAlgorithm: 'ECDH' } as const;
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const answer = await rig.run('DeriveSharedSecret', { ...request, keyId: key.arn }, stranger);
    expect(answer.keyId).toBe(key.arn);
  });
});

describe('DeriveSharedSecret refuses, before the vault sees it,', () => {
  const good = newPeer('P-256').spki;
  const point = good.subarray(-65);

  test.for([
    { title: 'garbage', publicKey: Buffer.from('garbage') },
    { title: 'one byte', publicKey: Buffer.alloc(1) },
    { title: 'the longest key that a request can have', publicKey: Buffer.alloc(8192, 0x30) },
    { title: 'a key of another curve', publicKey: newPeer('P-384').spki },
    { title: 'a key of a curve of the same size', publicKey: newPeer('secp256k1').spki },
    { title: 'a key of a curve that nobody has here', publicKey: newPeer('brainpoolP256r1').spki },
    { title: 'an RSA key', publicKey: spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey) },
    { title: 'an X25519 key', publicKey: spkiOf(generateKeyPairSync('x25519').publicKey) },
    { title: 'an ML-KEM key', publicKey: spkiOf(generateKeyPairSync('ml-kem-768').publicKey) },
    { title: 'a point that is not on the curve', publicKey: altered(good) },
    { title: 'a point of zeros', publicKey: Buffer.concat([good.subarray(0, -64), Buffer.alloc(64)]) },
    {
      title: 'coordinates above the prime',
      publicKey: Buffer.concat([good.subarray(0, -64), Buffer.alloc(64, 255)]),
    },
    { title: 'the point at infinity', publicKey: infinity(good) },
    { title: 'a point without its frame', publicKey: point },
    { title: 'a compressed point', publicKey: inForm(good, 'compressed', 'named_curve') },
    { title: 'a hybrid point', publicKey: inForm(good, 'hybrid', 'named_curve') },
    { title: 'a curve by its parameters', publicKey: inForm(good, 'uncompressed', 'explicit') },
    { title: 'a byte after the key', publicKey: Buffer.concat([good, Buffer.alloc(1)]) },
    { title: 'a key that is cut off', publicKey: good.subarray(0, -1) },
    { title: 'a key in PEM', publicKey: pem(good) },
    {
      title: 'a private key',
      publicKey: newPeer('P-256').privateKey.export({ type: 'pkcs8', format: 'der' }),
    },
  ])('$title', async ({ publicKey }) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'KEY_AGREEMENT');
    rig.vault.agree = () => Promise.reject(new HsmFault('internal', 'the vault was asked'));
    expect(await faultOf(agree(rig, key.id, publicKey))).toStrictEqual(NO_PUBLIC_KEY);
    const dry = { keyId: key.id, publicKey, keyAgreementAlgorithm: 'ECDH', dryRun: true } as const;
    expect(await faultOf(rig.run('DeriveSharedSecret', dry))).toStrictEqual(NO_PUBLIC_KEY);
  });

  it('an answer for an enclave', async () => {
    const request = { keyId: 'alias/none', publicKey: good, keyAgreementAlgorithm: 'ECDH' } as const;
    expect(await faultOf(new Rig().run('DeriveSharedSecret', { ...request, recipient: {} }))).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'This engine does not support Recipient. Leave it out to get the answer in the clear.',
    });
  });

  it('a key for signatures', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    expect(await faultOf(agree(rig, key.id, good))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${key.arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`,
    });
  });

  test.for([
    { state: 'Disabled', code: 'DisabledException', text: 'is disabled.' },
    { state: 'PendingDeletion', code: 'KMSInvalidStateException', text: 'is pending deletion.' },
    { state: 'PendingImport', code: 'KMSInvalidStateException', text: 'is pending import.' },
  ] as const)('a key that is $state', async ({ state, code, text }) => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'KEY_AGREEMENT');
    await rig.alter(key.id, { state });
    expect(await faultOf(agree(rig, key.id, good))).toStrictEqual({ code, detail: `${key.arn} ${text}` });
  });

  it('a dry run, which would have succeeded', async () => {
    const rig = new Rig();
    const key = await newKeyOf(rig, 'ECC_NIST_P256', 'KEY_AGREEMENT');
    const request = { keyId: key.id, publicKey: good, keyAgreementAlgorithm: 'ECDH', dryRun: true } as const;
    expect(await faultOf(rig.run('DeriveSharedSecret', request))).toStrictEqual({
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    });
  });
});

it('DeriveSharedSecret is the last use of its key', async () => {
  const rig = new Rig();
  const key = await newKeyOf(rig, 'ECC_NIST_P521', 'KEY_AGREEMENT');
  await agree(rig, key.id, newPeer('P-521').spki);
  expect(await rig.run('GetKeyLastUsage', { keyId: key.id })).toMatchObject({
    keyLastUsage: { operation: 'DeriveSharedSecret' },
  });
});

async function publicKeyOf(rig: Rig, keyId: string): Promise<KeyObject> {
  const { publicKey } = await rig.run('GetPublicKey', { keyId });
  return createPublicKey({ key: Buffer.from(publicKey ?? []), format: 'der', type: 'spki' });
}

function jwkOf({ curve }: Curve, x: Uint8Array, y: Uint8Array) {
  return {
    kty: 'EC',
    crv: curve,
    x: Buffer.from(x).toString('base64url'),
    y: Buffer.from(y).toString('base64url'),
  };
}

function base64Url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

function altered(spki: Buffer): Buffer {
  const bytes = Buffer.from(spki);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  return bytes;
}

/** The same AlgorithmIdentifier with the point `00`. */
function infinity(spki: Buffer): Buffer {
  return Buffer.concat([Buffer.from('3019', 'hex'), spki.subarray(2, 23), Buffer.from('03020000', 'hex')]);
}

function pem(spki: Buffer): Buffer {
  const lines = spki.toString('base64').match(/.{1,64}/g) as string[];
  return Buffer.from(['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n'));
}

function inForm(spki: Buffer, form: string, parameters: string): Buffer {
  const how = ['-conv_form', form, '-param_enc', parameters, '-outform', 'DER', '-pubout'];
  return openssl(['ec', '-pubin', '-inform', 'DER', '-in', 'key.der', ...how], { 'key.der': spki });
}
