import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it, test, vi } from 'vitest';
import type { KeySpec, MessageType, SigningAlgorithmSpec } from '../../../../../src/domain/kms/api/enums.ts';
import type { KeyVault } from '../../../../../src/domain/ports/key-vault.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { keyPairOf, pkcs8Of, SIGNED_ROWS } from './key-pairs.ts';
import { keyWithMaterial, type MadeKey, newKeyOf } from './keys.ts';

const MESSAGE = Buffer.from('attack at dawn');
const RIG = new Rig();
const KEYS = new Map<KeySpec, MadeKey>();
const WAYS = SIGNED_ROWS.flatMap((row) => row.types.map((messageType) => ({ ...row, messageType })));

beforeAll(async () => {
  for (const spec of new Set(SIGNED_ROWS.map((row) => row.spec))) {
    KEYS.set(spec, await keyWithMaterial(RIG, { spec, usage: 'SIGN_VERIFY' }, pkcs8Of(keyPairOf(spec))));
  }
}, 60_000);

describe('Sign', () => {
  test.for(WAYS)('$algorithm by $spec of a message as $messageType is verified', async (way) => {
    const { id, arn } = keyOf(way);
    const input = { keyId: id, signingAlgorithm: way.algorithm, ...given(way) };
    const made = await RIG.run('Sign', input);
    expect(made).toStrictEqual({
      keyId: arn,
      signature: expect.any(Uint8Array),
      signingAlgorithm: way.algorithm,
    });
    const signature = made.signature as Uint8Array;
    expect(await RIG.run('Verify', { ...input, signature })).toStrictEqual({
      keyId: arn,
      signatureValid: true,
      signingAlgorithm: way.algorithm,
    });
  });

  test.for(WAYS)('$algorithm by $spec as $messageType is what others accept', async (way) => {
    const input = { keyId: keyOf(way).id, signingAlgorithm: way.algorithm, ...given(way) };
    const { signature } = await RIG.run('Sign', input);
    expect(way.accepts(MESSAGE, signature as Uint8Array, keyPairOf(way.spec))).toBe(true);
  });

  test.for([
    { spec: 'RSA_3072', algorithm: 'RSASSA_PSS_SHA_256', bytes: 384 },
    { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', bytes: 64 },
    { spec: 'ML_DSA_44', algorithm: 'ML_DSA_SHAKE_256', bytes: 2420 },
    { spec: 'ML_DSA_65', algorithm: 'ML_DSA_SHAKE_256', bytes: 3309 },
    { spec: 'ML_DSA_87', algorithm: 'ML_DSA_SHAKE_256', bytes: 4627 },
  ] as const)('$algorithm by $spec has $bytes bytes', async ({ spec, algorithm, bytes }) => {
    const input = { keyId: KEYS.get(spec)?.id as string, message: MESSAGE, signingAlgorithm: algorithm };
    expect((await RIG.run('Sign', input)).signature).toHaveLength(bytes);
  });

  it('gives the vault the digest of a message', async () => {
    const vault: KeyVault = RIG.vault;
    const sign = vi.spyOn(vault, 'sign');
    const keyId = KEYS.get('ECC_NIST_P384')?.id as string;
    await RIG.run('Sign', { keyId, message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_384' });
    expect(sign.mock.calls[0]?.[1]).toMatchObject({
      form: 'digest',
      input: createHash('sha384').update(MESSAGE).digest(),
    });
  });
});

describe('Verify', () => {
  test.for(WAYS)('takes $algorithm by $spec of others, the message as $messageType', async (way) => {
    const signature = way.sign(MESSAGE, keyPairOf(way.spec));
    const input = { keyId: keyOf(way).id, signature, signingAlgorithm: way.algorithm, ...given(way) };
    expect(await RIG.run('Verify', input)).toMatchObject({ signatureValid: true });
  });

  test.for(WAYS)('says of a bad $algorithm by $spec as $messageType that it is bad', async (way) => {
    const signature = way.sign(MESSAGE, keyPairOf(way.spec));
    const input = { keyId: keyOf(way).id, signingAlgorithm: way.algorithm, ...given(way) };
    const bad = [
      signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
      Buffer.alloc(1),
      randomBytes(64),
      Buffer.alloc(6144, 1),
    ];
    for (const tampered of bad) {
      expect(await faultOf(RIG.run('Verify', { ...input, signature: tampered }))).toStrictEqual({
        code: 'KMSInvalidSignatureException',
        detail: undefined,
      });
    }
  });

  it('asks the vault for the public key once', async () => {
    const rig = new Rig();
    const vault: KeyVault = rig.vault;
    const publicKey = vi.spyOn(vault, 'publicKey');
    const { id } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    const input = { keyId: id, message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_256' } as const;
    const { signature } = await rig.run('Sign', input);
    for (let times = 0; times < 3; times += 1) {
      await rig.run('Verify', { ...input, signature: signature as Uint8Array });
    }
    await rig.run('GetPublicKey', { keyId: id });
    expect(publicKey).toHaveBeenCalledTimes(1);
  });

  it('does not answer what the vault cannot authenticate', async () => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    const { materials } = (await rig.record(id)).body;
    const token = Buffer.from(materials[0]?.token as string, 'base64');
    token.writeUInt8(token.readUInt8(token.length - 40) ^ 1, token.length - 40);
    const damaged = materials.map((material) => ({ ...material, token: token.toString('base64') }));
    await rig.alter(id, { materials: damaged });
    const input = { keyId: id, message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_256' } as const;
    await expect(rig.run('Verify', { ...input, signature: Buffer.alloc(70) })).rejects.toMatchObject({
      name: 'HsmFault',
      code: 'corrupt',
    });
    await expect(rig.run('Sign', input)).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
  });
});

interface Pairing {
  readonly spec: KeySpec;
  readonly algorithm: SigningAlgorithmSpec;
  readonly messageType: MessageType;
  readonly text: string;
}

describe.for(['Sign', 'Verify'] as const)('a message for %s', (name) => {
  test.for<Pairing>([
    ...WAYS.filter(({ messageType, spec }) => messageType === 'RAW' && spec.startsWith('RSA_2')).map(
      ({ spec, algorithm }): Pairing => ({
        spec,
        algorithm,
        messageType: 'EXTERNAL_MU',
        text: `MessageType EXTERNAL_MU is not valid for algorithm ${algorithm}. Use RAW or DIGEST.`,
      }),
    ),
    {
      spec: 'ECC_NIST_P256',
      algorithm: 'ECDSA_SHA_256',
      messageType: 'EXTERNAL_MU',
      text: 'MessageType EXTERNAL_MU is not valid for algorithm ECDSA_SHA_256. Use RAW or DIGEST.',
    },
    {
      spec: 'ECC_NIST_EDWARDS25519',
      algorithm: 'ED25519_SHA_512',
      messageType: 'DIGEST',
      text: 'MessageType DIGEST is not valid for algorithm ED25519_SHA_512. Use RAW.',
    },
    {
      spec: 'ECC_NIST_EDWARDS25519',
      algorithm: 'ED25519_SHA_512',
      messageType: 'EXTERNAL_MU',
      text: 'MessageType EXTERNAL_MU is not valid for algorithm ED25519_SHA_512. Use RAW.',
    },
    {
      spec: 'ECC_NIST_EDWARDS25519',
      algorithm: 'ED25519_PH_SHA_512',
      messageType: 'RAW',
      text: 'MessageType RAW is not valid for algorithm ED25519_PH_SHA_512. Use DIGEST.',
    },
    {
      spec: 'ECC_NIST_EDWARDS25519',
      algorithm: 'ED25519_PH_SHA_512',
      messageType: 'EXTERNAL_MU',
      text: 'MessageType EXTERNAL_MU is not valid for algorithm ED25519_PH_SHA_512. Use DIGEST.',
    },
    {
      spec: 'ML_DSA_65',
      algorithm: 'ML_DSA_SHAKE_256',
      messageType: 'DIGEST',
      text: 'MessageType DIGEST is not valid for algorithm ML_DSA_SHAKE_256. Use RAW or EXTERNAL_MU.',
    },
  ])('of $algorithm is not $messageType', async ({ spec, algorithm, messageType, text }) => {
    const input = { keyId: KEYS.get(spec)?.id as string, message: Buffer.alloc(64), messageType };
    const call = RIG.run(name, { ...input, signingAlgorithm: algorithm, signature: Buffer.alloc(64) });
    expect(await faultOf(call)).toStrictEqual({ code: 'ValidationException', detail: text });
  });

  it('of Ed25519ph has to say that it is a digest', async () => {
    const keyId = KEYS.get('ECC_NIST_EDWARDS25519')?.id as string;
    const input = { keyId, message: Buffer.alloc(64), signature: Buffer.alloc(64) };
    const call = RIG.run(name, { ...input, signingAlgorithm: 'ED25519_PH_SHA_512' });
    expect(await faultOf(call)).toMatchObject({ code: 'ValidationException' });
  });

  test.for(digestLengths())(
    'as $messageType of $bytes bytes for $algorithm by $spec: $valid',
    async (row) => {
      const { spec, algorithm, messageType, bytes, valid } = row;
      const input = { keyId: KEYS.get(spec)?.id as string, message: Buffer.alloc(bytes, 7), messageType };
      const call = RIG.run(name, {
        ...input,
        signingAlgorithm: algorithm,
        signature: Buffer.alloc(64),
        dryRun: true,
      });
      expect(await faultOf(call)).toStrictEqual(
        valid
          ? {
              code: 'DryRunOperationException',
              detail: 'The request would have succeeded, but the DryRun option is set.',
            }
          : { code: 'ValidationException', detail: `Digest is invalid length for algorithm ${algorithm}.` },
      );
    },
  );

  test.for([
    { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_384' },
    { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_256' },
    { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_256' },
    { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_512' },
    { spec: 'RSA_2048', algorithm: 'ECDSA_SHA_256' },
    { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ECDSA_SHA_256' },
    { spec: 'ML_DSA_44', algorithm: 'ED25519_SHA_512' },
    { spec: 'ECC_NIST_P256', algorithm: 'SM2DSA' },
  ] as const)('is not for $algorithm where the key is $spec', async ({ spec, algorithm }) => {
    const input = { keyId: KEYS.get(spec)?.id as string, message: MESSAGE, signature: Buffer.alloc(64) };
    expect(await faultOf(RIG.run(name, { ...input, signingAlgorithm: algorithm }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
    });
  });

  test.for([
    { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' },
    { keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' },
    { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' },
    { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' },
    { keySpec: 'ML_KEM_512', keyUsage: 'ENCAPSULATE_DECAPSULATE' },
  ] as const)('is not for a key of $keySpec for $keyUsage', async ({ keySpec, keyUsage }) => {
    const { id, arn } = await newKeyOf(RIG, keySpec, keyUsage);
    const input = { keyId: id, message: MESSAGE, signature: Buffer.alloc(64) };
    expect(await faultOf(RIG.run(name, { ...input, signingAlgorithm: 'ECDSA_SHA_256' }))).toStrictEqual({
      code: 'InvalidKeyUsageException',
      detail: `${arn} key usage is ${keyUsage} which is not valid for ${name}.`,
    });
  });

  it('is tried without being done, whatever the signature', async () => {
    const keyId = KEYS.get('ECC_NIST_P256')?.id as string;
    const vault: KeyVault = RIG.vault;
    const sign = vi.spyOn(vault, 'sign');
    sign.mockClear();
    const input = { keyId, message: MESSAGE, signature: Buffer.alloc(9), dryRun: true };
    expect(await faultOf(RIG.run(name, { ...input, signingAlgorithm: 'ECDSA_SHA_256' }))).toStrictEqual({
      code: 'DryRunOperationException',
      detail: 'The request would have succeeded, but the DryRun option is set.',
    });
    expect(sign).not.toHaveBeenCalled();
  });
});

describe('a key for signatures', () => {
  it('is named in each of the four ways, also from another account, with grant tokens', async () => {
    const rig = new Rig();
    const { id, arn } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    await rig.addAlias('alias/signer', id);
    const input = { message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_256', grantTokens: ['token'] } as const;
    const aliasArn = arn.replace(`key/${id}`, 'alias/signer');
    for (const keyId of [id, arn, 'alias/signer', aliasArn]) {
      const { signature } = await rig.run('Sign', { ...input, keyId });
      const verified = await rig.run('Verify', { ...input, keyId, signature: signature as Uint8Array });
      expect(verified).toMatchObject({ keyId: arn, signatureValid: true });
    }
    const stranger = callBy({ account: OTHER_ACCOUNT });
    const { signature } = await rig.run('Sign', { ...input, keyId: arn }, stranger);
    const request = { ...input, keyId: aliasArn, signature: signature as Uint8Array };
    expect(await rig.run('Verify', request, stranger)).toMatchObject({ keyId: arn });
  });

  it('remembers its last use, and no failure as one', async () => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    const input = { keyId: id, message: MESSAGE, signingAlgorithm: 'ECDSA_SHA_256' } as const;
    const { signature } = await rig.run('Sign', input);
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
      keyLastUsage: { operation: 'Sign' },
    });
    await faultOf(rig.run('Verify', { ...input, signature: Buffer.alloc(70) }));
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
      keyLastUsage: { operation: 'Sign' },
    });
    await rig.run('Verify', { ...input, signature: signature as Uint8Array });
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({
      keyLastUsage: { operation: 'Verify' },
    });
  });
});

type Way = (typeof WAYS)[number];

function keyOf({ spec }: Pick<Way, 'spec'>): MadeKey {
  return KEYS.get(spec) as MadeKey;
}

function given(way: Way): { readonly message: Uint8Array; readonly messageType: MessageType } {
  const { messageType, digest, spec } = way;
  return { message: messageType === 'RAW' ? MESSAGE : digest(MESSAGE, keyPairOf(spec)), messageType };
}

/** At the length of the digest, and beside it. */
function digestLengths() {
  const rows = [
    { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_256', messageType: 'DIGEST', bytes: 32 },
    { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_384', messageType: 'DIGEST', bytes: 48 },
    { spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_512', messageType: 'DIGEST', bytes: 64 },
    { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', messageType: 'DIGEST', bytes: 32 },
    { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_384', messageType: 'DIGEST', bytes: 48 },
    { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', messageType: 'DIGEST', bytes: 64 },
    { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', messageType: 'DIGEST', bytes: 32 },
    { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_384', messageType: 'DIGEST', bytes: 48 },
    { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_512', messageType: 'DIGEST', bytes: 64 },
    { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_256', messageType: 'DIGEST', bytes: 32 },
    { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_PH_SHA_512', messageType: 'DIGEST', bytes: 64 },
    { spec: 'ML_DSA_44', algorithm: 'ML_DSA_SHAKE_256', messageType: 'EXTERNAL_MU', bytes: 64 },
    { spec: 'ML_DSA_65', algorithm: 'ML_DSA_SHAKE_256', messageType: 'EXTERNAL_MU', bytes: 64 },
    { spec: 'ML_DSA_87', algorithm: 'ML_DSA_SHAKE_256', messageType: 'EXTERNAL_MU', bytes: 64 },
  ] as const;
  return rows.flatMap((row) => [
    { ...row, valid: true },
    { ...row, bytes: row.bytes - 1, valid: false },
    { ...row, bytes: row.bytes + 1, valid: false },
    { ...row, bytes: 1, valid: false },
  ]);
}
