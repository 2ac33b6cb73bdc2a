import { createHash, createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it, test, vi } from 'vitest';
import type { KeySpec, MacAlgorithmSpec } from '../../../../../src/domain/kms/api/enums.ts';
import type { KeyVault } from '../../../../../src/domain/ports/key-vault.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { keyWithMaterial, type MadeKey, newKeyOf } from './keys.ts';

interface MacKind {
  readonly spec: KeySpec;
  readonly algorithm: MacAlgorithmSpec;
  readonly hash: string;
  readonly bytes: number;
}

const KINDS: readonly MacKind[] = [
  { spec: 'HMAC_224', algorithm: 'HMAC_SHA_224', hash: 'sha224', bytes: 28 },
  { spec: 'HMAC_256', algorithm: 'HMAC_SHA_256', hash: 'sha256', bytes: 32 },
  { spec: 'HMAC_384', algorithm: 'HMAC_SHA_384', hash: 'sha384', bytes: 48 },
  { spec: 'HMAC_512', algorithm: 'HMAC_SHA_512', hash: 'sha512', bytes: 64 },
];

const MESSAGE = Buffer.from('attack at dawn');
const RIG = new Rig();
const KEYS = new Map<KeySpec, MadeKey>();

beforeAll(async () => {
  for (const { spec } of KINDS) KEYS.set(spec, await newKeyOf(RIG, spec, 'GENERATE_VERIFY_MAC'));
});

describe('GenerateMac', () => {
  test.for(KINDS)('$algorithm is the whole HMAC of the message', async ({ spec, algorithm, hash, bytes }) => {
    const material = Buffer.from(Array.from({ length: bytes }, (_, at) => at));
    const { id, arn } = await keyWithMaterial(RIG, { spec, usage: 'GENERATE_VERIFY_MAC' }, material);
    for (const length of [1, 200, 4096]) {
      const message = Buffer.alloc(length, 0x61);
      const mac = createHmac(hash, material).update(message).digest();
      const made = await RIG.run('GenerateMac', { keyId: id, message, macAlgorithm: algorithm });
      expect(made).toMatchObject({ keyId: arn, macAlgorithm: algorithm });
      expect(Buffer.from(made.mac as Uint8Array)).toStrictEqual(mac);
      expect(await RIG.run('VerifyMac', { keyId: id, message, mac, macAlgorithm: algorithm })).toStrictEqual({
        keyId: arn,
        macValid: true,
        macAlgorithm: algorithm,
      });
    }
  });

  test.for(KINDS)('$algorithm of one key is not that of another', async ({ spec, algorithm }) => {
    const other = await newKeyOf(RIG, spec, 'GENERATE_VERIFY_MAC');
    const input = { message: MESSAGE, macAlgorithm: algorithm };
    const { mac } = await RIG.run('GenerateMac', { ...input, keyId: other.id });
    const call = RIG.run('VerifyMac', { ...input, keyId: keyOf(spec).id, mac: mac as Uint8Array });
    expect(await faultOf(call)).toMatchObject({ code: 'KMSInvalidMacException' });
  });
});

describe('RFC 4231', () => {
  test.for(rfc4231())('test case $number by $spec', async ({ spec, algorithm, hash, key, data, mac }) => {
    const bytes = KINDS.find((kind) => kind.spec === spec)?.bytes as number;
    const kind = { spec, usage: 'GENERATE_VERIFY_MAC' } as const;
    const { id } = await keyWithMaterial(RIG, kind, sameKeyOf(key, hash, bytes));
    const made = await RIG.run('GenerateMac', { keyId: id, message: data, macAlgorithm: algorithm });
    expect(Buffer.from(made.mac as Uint8Array).toString('hex')).toBe(mac);
  });
});

describe('VerifyMac', () => {
  test.for(KINDS)('says of a bad $algorithm that it is bad', async ({ spec, algorithm, bytes }) => {
    const input = { keyId: keyOf(spec).id, message: MESSAGE, macAlgorithm: algorithm };
    const mac = Buffer.from((await RIG.run('GenerateMac', input)).mac as Uint8Array);
    expect(mac).toHaveLength(bytes);
    const bad = [
      ...Array.from(mac.keys(), (at) => mac.map((byte, place) => (place === at ? byte ^ 1 : byte))),
      mac.subarray(1),
      mac.subarray(0, -1),
      Buffer.concat([mac, Uint8Array.of(0)]),
      mac.subarray(0, 16),
      Buffer.alloc(1),
      Buffer.alloc(bytes),
      Buffer.alloc(6144),
    ];
    for (const tampered of bad) {
      expect(await faultOf(RIG.run('VerifyMac', { ...input, mac: tampered }))).toStrictEqual({
        code: 'KMSInvalidMacException',
        detail: undefined,
      });
    }
    const changed = { ...input, message: Buffer.from('attack at dusk'), mac };
    expect(await faultOf(RIG.run('VerifyMac', changed))).toMatchObject({ code: 'KMSInvalidMacException' });
  });
});

describe.for(['GenerateMac', 'VerifyMac'] as const)('%s', (name) => {
  test.for([
    { spec: 'HMAC_224', algorithm: 'HMAC_SHA_256' },
    { spec: 'HMAC_256', algorithm: 'HMAC_SHA_224' },
    { spec: 'HMAC_384', algorithm: 'HMAC_SHA_512' },
    { spec: 'HMAC_512', algorithm: 'HMAC_SHA_384' },
  ] as const)('is not $algorithm where the key is $spec', async ({ spec, algorithm }) => {
    const input = { keyId: keyOf(spec).id, message: MESSAGE, mac: Buffer.alloc(32) };
    expect(await faultOf(RIG.run(name, { ...input, macAlgorithm: algorithm }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
    });
  });

  test.for([
    { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' },
    { keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' },
  ] as const)('is not for a key of $keySpec', async ({ keySpec, keyUsage }) => {
    const { id, arn } = await newKeyOf(RIG, keySpec, keyUsage);
    const input = { keyId: id, message: MESSAGE, mac: Buffer.alloc(32) };
    expect(await faultOf(RIG.run(name, { ...input, macAlgorithm: 'HMAC_SHA_256' }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${arn} key usage is ${keyUsage} which is not valid for ${name}.`,
    });
  });

  it('is tried without being done, whatever the MAC', async () => {
    const vault: KeyVault = RIG.vault;
    const mac = vi.spyOn(vault, 'mac');
    mac.mockClear();
    const input = { keyId: keyOf('HMAC_256').id, message: MESSAGE, mac: Buffer.alloc(9), dryRun: true };
    expect(await faultOf(RIG.run(name, { ...input, macAlgorithm: 'HMAC_SHA_256' }))).toStrictEqual({
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    });
    expect(mac).not.toHaveBeenCalled();
  });
});

describe('a key for MACs', () => {
  it('is named in each of the four ways, also from another account, with grant tokens', async () => {
    const rig = new Rig();
    const { id, arn } = await newKeyOf(rig, 'HMAC_256', 'GENERATE_VERIFY_MAC');
    await rig.addAlias('alias/mac', id);
    const input = { message: MESSAGE, macAlgorithm: 'HMAC_SHA_256', grantTokens: ['token'] } as const;
    const aliasArn = arn.replace(`key/${id}`, 'alias/mac');
    for (const keyId of [id, arn, 'alias/mac', aliasArn]) {
      const { mac } = await rig.run('GenerateMac', { ...input, keyId });
      expect(await rig.run('VerifyMac', { ...input, keyId, mac: mac as Uint8Array })).toMatchObject({
        keyId: arn,
      });
    }
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const { mac } = await rig.run('GenerateMac', { ...input, keyId: arn }, stranger);
    const request = { ...input, keyId: aliasArn, mac: mac as Uint8Array };
    expect(await rig.run('VerifyMac', request, stranger)).toMatchObject({ macValid: true });
  });

  it('remembers its last use', async () => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, 'HMAC_256', 'GENERATE_VERIFY_MAC');
    const input = { keyId: id, message: MESSAGE, macAlgorithm: 'HMAC_SHA_256' } as const;
    const { mac } = await rig.run('GenerateMac', input);
    await faultOf(rig.run('VerifyMac', { ...input, mac: Buffer.alloc(32) }));
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
      keyLastUsage: { operation: 'GenerateMac' },
    });
    await rig.run('VerifyMac', { ...input, mac: mac as Uint8Array });
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
      keyLastUsage: { operation: 'VerifyMac' },
    });
  });
});

function keyOf(spec: KeySpec): MadeKey {
  return KEYS.get(spec) as MadeKey;
}

/** RFC 2104 gives this key the same MACs: longer keys than a block are hashed, shorter ones filled up with zeros. */
function sameKeyOf(key: Buffer, hash: string, bytes: number): Buffer {
  const short = key.length > bytes ? createHash(hash).update(key).digest() : key;
  return Buffer.concat([short, Buffer.alloc(bytes - short.length)]);
}

/** RFC 4231, 4.2 to 4.4, 4.7 and 4.8: the cases with keys of 20 bytes or fewer, and those above a block. */
function rfc4231() {
  const large = Buffer.alloc(131, 0xaa);
  const first = 'Test Using Larger Than Block-Size Key - Hash Key First';
  const cases = [
    {
      number: 1,
      key: Buffer.alloc(20, 0x0b),
      data: Buffer.from('Hi There'),
      macs: [
        '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
        'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
        'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
      ],
    },
    {
      number: 2,
      key: Buffer.from('Jefe'),
      data: Buffer.from('what do ya want for nothing?'),
      macs: [
        'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
        'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
      ],
    },
    {
      number: 3,
      key: Buffer.alloc(20, 0xaa),
      data: Buffer.alloc(50, 0xdd),
      macs: [
        '7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea',
        '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
        '88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27',
        'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
      ],
    },
    {
      number: 6,
      key: large,
      data: Buffer.from(first),
      macs: [
        '95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e',
        '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
        '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
        '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
      ],
    },
  ];
  return cases.flatMap(({ macs, ...row }) => KINDS.map((kind, at) => ({ ...kind, ...row, mac: macs[at] })));
}
