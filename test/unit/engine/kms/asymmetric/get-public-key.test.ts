import { createPublicKey } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import type { KeySpec, KeyUsageType } from '../../../../../src/domain/kms/api/enums.ts';
import { callBy, faultOf, OTHER_ACCOUNT, Rig } from '../rig.ts';
import { keyPairOf, pkcs8Of, spkiOf } from './key-pairs.ts';
import { keyWithMaterial, newKeyOf } from './keys.ts';

interface Kind {
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly member: string;
  /** Of its SubjectPublicKeyInfo: kms-behaviour.md §2. */
  readonly bytes: number;
}

const KINDS: readonly Kind[] = [
  { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', member: 'encryptionAlgorithms', bytes: 294 },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 294 },
  { spec: 'RSA_3072', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 422 },
  { spec: 'RSA_4096', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 550 },
  { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 91 },
  { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', member: 'keyAgreementAlgorithms', bytes: 120 },
  { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT', member: 'keyAgreementAlgorithms', bytes: 158 },
  { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 88 },
  { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 44 },
  { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 1334 },
  { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 1974 },
  { spec: 'ML_DSA_87', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', bytes: 2614 },
  { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE', member: 'encapsulationAlgorithms', bytes: 822 },
  { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE', member: 'encapsulationAlgorithms', bytes: 1206 },
  { spec: 'ML_KEM_1024', usage: 'ENCAPSULATE_DECAPSULATE', member: 'encapsulationAlgorithms', bytes: 1590 },
];
const ALGORITHM_MEMBERS = [
  'encryptionAlgorithms',
  'signingAlgorithms',
  'macAlgorithms',
  'keyAgreementAlgorithms',
  'encapsulationAlgorithms',
];

describe('GetPublicKey', () => {
  test.for(KINDS)('of $spec for $usage is its public half, with $member alone', async (kind) => {
    const { spec, usage, member, bytes } = kind;
    const rig = new Rig();
    const pair = keyPairOf(spec);
    const { id, arn } = await keyWithMaterial(rig, { spec, usage }, pkcs8Of(pair));
    const answer = await rig.run('GetPublicKey', { keyId: id });
    expect(answer).toMatchObject({ keyId: arn, keySpec: spec, keyUsage: usage });
    expect(Buffer.from(answer.publicKey as Uint8Array)).toStrictEqual(spkiOf(pair));
    expect(answer.publicKey).toHaveLength(bytes);
    expect(ALGORITHM_MEMBERS.filter((name) => name in answer)).toEqual([member]);
  });

  it('names RSA and EC specs by both members, and newer ones by one', async () => {
    const rig = new Rig();
    const older = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    const newer = await newKeyOf(rig, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY');
    expect(await rig.run('GetPublicKey', { keyId: older.id })).toStrictEqual({
      keyId: older.arn,
      publicKey: expect.any(Uint8Array),
      customerMasterKeySpec: 'ECC_NIST_P256',
      keySpec: 'ECC_NIST_P256',
      keyUsage: 'SIGN_VERIFY',
      signingAlgorithms: ['ECDSA_SHA_256'],
    });
    expect(await rig.run('GetPublicKey', { keyId: newer.id })).toStrictEqual({
      keyId: newer.arn,
      publicKey: expect.any(Uint8Array),
      keySpec: 'ECC_NIST_EDWARDS25519',
      keyUsage: 'SIGN_VERIFY',
      signingAlgorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
    });
  });

  it('is one that others read', async () => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, 'ECC_NIST_P384', 'SIGN_VERIFY');
    const { publicKey } = await rig.run('GetPublicKey', { keyId: id });
    const read = createPublicKey({ key: Buffer.from(publicKey as Uint8Array), format: 'der', type: 'spki' });
    expect(read.asymmetricKeyDetails).toMatchObject({ namedCurve: 'secp384r1' });
  });

  it('works while the key is disabled', async () => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    await rig.run('DisableKey', { keyId: id });
    expect(await rig.run('GetPublicKey', { keyId: id })).toMatchObject({ keySpec: 'ECC_NIST_P256' });
  });

  it('has none of a key that has never had material', async () => {
    const rig = new Rig();
    const input = { keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY', origin: 'EXTERNAL' } as const;
    const { keyMetadata } = await rig.run('CreateKey', input);
    const call = rig.run('GetPublicKey', { keyId: keyMetadata?.keyId as string });
    expect(await faultOf(call)).toStrictEqual({
      code: 'KMSInvalidStateException',
      detail: `${keyMetadata?.arn} is pending import.`,
    });
  });

  test.for([
    { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' },
    { keySpec: 'HMAC_512', keyUsage: 'GENERATE_VERIFY_MAC' },
  ] as const)('is unsupported for $keySpec', async ({ keySpec, keyUsage }) => {
    const rig = new Rig();
    const { id } = await newKeyOf(rig, keySpec, keyUsage);
    expect(await faultOf(rig.run('GetPublicKey', { keyId: id }))).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: undefined,
    });
  });

  it('takes all names of a key, also from another account, with grant tokens, and is no use of it', async () => {
    const rig = new Rig();
    const { id, arn } = await newKeyOf(rig, 'ECC_NIST_P256', 'SIGN_VERIFY');
    await rig.addAlias('alias/signer', id);
    const aliasArn = arn.replace(`key/${id}`, 'alias/signer');
    for (const keyId of [id, arn, 'alias/signer', aliasArn]) {
      expect(await rig.run('GetPublicKey', { keyId, grantTokens: ['token'] })).toMatchObject({ keyId: arn });
    }
    const stranger = callBy({ account: OTHER_ACCOUNT });
    expect(await rig.run('GetPublicKey', { keyId: aliasArn }, stranger)).toMatchObject({ keyId: arn });
    expect(await rig.run('GetKeyLastUsage', { keyId: id })).toMatchObject({ keyLastUsage: {} });
  });
});
