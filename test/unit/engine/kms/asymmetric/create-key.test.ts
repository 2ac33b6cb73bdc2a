import { describe, expect, it, test, vi } from 'vitest';
import { HsmFault } from '../../../../../src/domain/hsm-fault.ts';
import type { KeySpec, KeyUsageType } from '../../../../../src/domain/kms/api/enums.ts';
import type { KeyVault } from '../../../../../src/domain/ports/key-vault.ts';
import { ACCOUNT, faultOf, REGION, Rig, START_MS } from '../rig.ts';

interface Kind {
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsageType;
  readonly member: string;
  readonly algorithms: readonly string[];
  readonly older?: true;
}

const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
const RSA_SIGNATURES = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
];

/** kms-behaviour.md §2. */
const KINDS: readonly Kind[] = [
  encrypting('RSA_2048'),
  encrypting('RSA_3072'),
  encrypting('RSA_4096'),
  signing('RSA_2048', RSA_SIGNATURES, true),
  signing('RSA_3072', RSA_SIGNATURES, true),
  signing('RSA_4096', RSA_SIGNATURES, true),
  signing('ECC_NIST_P256', ['ECDSA_SHA_256'], true),
  signing('ECC_NIST_P384', ['ECDSA_SHA_384'], true),
  signing('ECC_NIST_P521', ['ECDSA_SHA_512'], true),
  signing('ECC_SECG_P256K1', ['ECDSA_SHA_256'], true),
  signing('ECC_NIST_EDWARDS25519', ['ED25519_SHA_512', 'ED25519_PH_SHA_512']),
  signing('ML_DSA_44', ['ML_DSA_SHAKE_256']),
  signing('ML_DSA_65', ['ML_DSA_SHAKE_256']),
  signing('ML_DSA_87', ['ML_DSA_SHAKE_256']),
  agreeing('ECC_NIST_P256'),
  agreeing('ECC_NIST_P384'),
  agreeing('ECC_NIST_P521'),
  encapsulating('ML_KEM_512'),
  encapsulating('ML_KEM_768'),
  encapsulating('ML_KEM_1024'),
  hashing('HMAC_224', 'HMAC_SHA_224'),
  hashing('HMAC_256', 'HMAC_SHA_256'),
  hashing('HMAC_384', 'HMAC_SHA_384'),
  hashing('HMAC_512', 'HMAC_SHA_512'),
];

describe('CreateKey', () => {
  test.for(KINDS)('makes $keySpec for $keyUsage, and says so again in DescribeKey', async (kind) => {
    const { keySpec, keyUsage, member, algorithms, older } = kind;
    const rig = new Rig();
    const { keyMetadata } = await rig.run('CreateKey', { keySpec, keyUsage });
    expect(keyMetadata).toStrictEqual({
      awsAccountId: ACCOUNT,
      arn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyMetadata?.keyId}`,
      creationDate: START_MS,
      description: '',
      enabled: true,
      keyId: expect.any(String),
      keyManager: 'CUSTOMER',
      keySpec,
      keyState: 'Enabled',
      keyUsage,
      multiRegion: false,
      origin: 'AWS_KMS',
      [member]: algorithms,
      ...(older && { customerMasterKeySpec: keySpec }),
    });
    const keyId = keyMetadata?.keyId as string;
    expect(await rig.run('DescribeKey', { keyId })).toStrictEqual({ keyMetadata });
    expect((await rig.record(keyId)).body.materials).toHaveLength(1);
  });

  test.for(KINDS.filter(({ keySpec }) => !keySpec.startsWith('ML_DSA_')))(
    'makes $keySpec for $keyUsage that waits for its import, with its algorithms',
    async ({ keySpec, keyUsage, member, algorithms }) => {
      const { keyMetadata } = await new Rig().run('CreateKey', { keySpec, keyUsage, origin: 'EXTERNAL' });
      expect(keyMetadata).toMatchObject({
        keyState: 'PendingImport',
        origin: 'EXTERNAL',
        [member]: algorithms,
      });
    },
  );

  it('takes the older name of a spec', async () => {
    const { keyMetadata } = await new Rig().run('CreateKey', {
      customerMasterKeySpec: 'ECC_NIST_P384',
      keyUsage: 'KEY_AGREEMENT',
    });
    expect(keyMetadata).toMatchObject({
      keySpec: 'ECC_NIST_P384',
      customerMasterKeySpec: 'ECC_NIST_P384',
      keyAgreementAlgorithms: ['ECDH'],
    });
  });

  it('makes a multi-Region key of another kind', async () => {
    const input = { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC', multiRegion: true } as const;
    const { keyMetadata } = await new Rig().run('CreateKey', input);
    expect(keyMetadata?.keyId).toMatch(/^mrk-/);
  });

  it('names the spec that its token cannot make, and makes no key', async () => {
    const rig = new Rig();
    const vault: KeyVault = rig.vault;
    vi.spyOn(vault, 'create').mockRejectedValue(new HsmFault('unsupported', 'no mechanism'));
    const call = rig.run('CreateKey', { keySpec: 'ML_DSA_65', keyUsage: 'SIGN_VERIFY' });
    expect(await faultOf(call)).toStrictEqual({
      code: 'UnsupportedOperationException',
      detail: 'What holds the keys of this engine does not make ML_DSA_65 keys.',
    });
    expect(await rig.run('ListKeys', {})).toEqual({ keys: [], truncated: false });
  });

  it('is no refusal where the token fails otherwise', async () => {
    const rig = new Rig();
    const vault: KeyVault = rig.vault;
    vi.spyOn(vault, 'create').mockRejectedValue(new HsmFault('full', 'no room'));
    const call = rig.run('CreateKey', { keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
    await expect(call).rejects.toThrow('full: no room');
  });
});

function encrypting(keySpec: KeySpec): Kind {
  return {
    keySpec,
    keyUsage: 'ENCRYPT_DECRYPT',
    member: 'encryptionAlgorithms',
    algorithms: RSA_ENCRYPTION,
    older: true,
  };
}

function signing(keySpec: KeySpec, algorithms: readonly string[], older?: true): Kind {
  return {
    keySpec,
    keyUsage: 'SIGN_VERIFY',
    member: 'signingAlgorithms',
    algorithms,
    ...(older && { older }),
  };
}

function agreeing(keySpec: KeySpec): Kind {
  return {
    keySpec,
    keyUsage: 'KEY_AGREEMENT',
    member: 'keyAgreementAlgorithms',
    algorithms: ['ECDH'],
    older: true,
  };
}

function encapsulating(keySpec: KeySpec): Kind {
  return {
    keySpec,
    keyUsage: 'ENCAPSULATE_DECAPSULATE',
    member: 'encapsulationAlgorithms',
    algorithms: ['ML_KEM'],
  };
}

function hashing(keySpec: KeySpec, algorithm: string): Kind {
  return {
    keySpec,
    keyUsage: 'GENERATE_VERIFY_MAC',
    member: 'macAlgorithms',
    algorithms: [algorithm],
    older: true,
  };
}
