import { describe, expect, it, test } from 'vitest';
import type { KeyState } from '../../../../../src/domain/kms/api/enums.ts';
import type { KmsOperationName } from '../../../../../src/domain/kms/api/operations.ts';
import type { CreateKeyRequest } from '../../../../../src/domain/kms/api/requests.ts';
import { KmsFault } from '../../../../../src/domain/kms/kms-fault.ts';
import { EXPECTED_OUTCOMES } from '../../../domain/key/state-table-fixture.ts';
import { bytesOf, DAY_MS, Rig, START_MS } from '../rig.ts';

/** What there is before the key comes into its state. */
interface Scene {
  readonly rig: Rig;
  readonly id: string;
  readonly otherId: string;
  /** What its kind of key makes: a ciphertext, a signature, a MAC. */
  readonly made: Uint8Array;
}

type Call = (scene: Scene) => Promise<unknown>;

/** A kind of key, and something that it makes before it comes into its state. */
interface Kind {
  readonly request: CreateKeyRequest;
  readonly make: (rig: Rig, keyId: string) => Promise<Uint8Array | undefined>;
}

const SIGNATURE = { message: bytesOf('x'), signingAlgorithm: 'ECDSA_SHA_256' } as const;
const MAC = { message: bytesOf('x'), macAlgorithm: 'HMAC_SHA_256' } as const;

const ENCAPSULATION = { encapsulationAlgorithm: 'ML_KEM' } as const;
const PAIR = { keyPairSpec: 'ECC_NIST_P256' } as const;

const SYMMETRIC_KEY: Kind = {
  request: {},
  make: async (rig, keyId) => (await rig.run('Encrypt', { keyId, plaintext: bytesOf('x') })).ciphertextBlob,
};
const SIGNING_KEY: Kind = {
  request: { keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' },
  make: async (rig, keyId) => (await rig.run('Sign', { keyId, ...SIGNATURE })).signature,
};
const AGREEING_KEY: Kind = {
  request: { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' },
  make: async (rig, keyId) => (await rig.run('GetPublicKey', { keyId })).publicKey,
};
const ENCAPSULATING_KEY: Kind = {
  request: { keySpec: 'ML_KEM_512', keyUsage: 'ENCAPSULATE_DECAPSULATE' },
  make: async (rig, keyId) =>
    (await rig.run('Encapsulate', { keyId, ...ENCAPSULATION })).sharedSecretCiphertextBlob,
};
const MAC_KEY: Kind = {
  request: { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' },
  make: async (rig, keyId) => (await rig.run('GenerateMac', { keyId, ...MAC })).mac,
};

/** A call of each operation that this engine has, valid but for the state of its key. */
const CALLS: Partial<Record<string, Call>> = {
  CancelKeyDeletion: keyed('CancelKeyDeletion'),
  CreateAlias: ({ rig, id }) => rig.run('CreateAlias', { aliasName: 'alias/new', targetKeyId: id }),
  CreateKey: ({ rig }) => rig.run('CreateKey', {}),
  Decapsulate: ({ rig, id, made }) =>
    rig.run('Decapsulate', { keyId: id, sharedSecretCiphertextBlob: made, ...ENCAPSULATION }),
  Decrypt: ({ rig, made }) => rig.run('Decrypt', { ciphertextBlob: made }),
  DeleteAlias: ({ rig }) => rig.run('DeleteAlias', { aliasName: 'alias/key' }),
  DeriveSharedSecret: ({ rig, id, made }) =>
    rig.run('DeriveSharedSecret', { keyId: id, publicKey: made, keyAgreementAlgorithm: 'ECDH' }),
  DescribeKey: keyed('DescribeKey'),
  DisableKey: keyed('DisableKey'),
  DisableKeyRotation: keyed('DisableKeyRotation'),
  EnableKey: keyed('EnableKey'),
  EnableKeyRotation: keyed('EnableKeyRotation'),
  Encapsulate: ({ rig, id }) => rig.run('Encapsulate', { keyId: id, ...ENCAPSULATION }),
  Encrypt: ({ rig, id }) => rig.run('Encrypt', { keyId: id, plaintext: bytesOf('x') }),
  GenerateDataKey: ({ rig, id }) => rig.run('GenerateDataKey', { keyId: id, keySpec: 'AES_256' }),
  GenerateDataKeyPair: ({ rig, id }) => rig.run('GenerateDataKeyPair', { keyId: id, ...PAIR }),
  GenerateDataKeyPairWithoutPlaintext: ({ rig, id }) =>
    rig.run('GenerateDataKeyPairWithoutPlaintext', { keyId: id, ...PAIR }),
  GenerateDataKeyWithoutPlaintext: ({ rig, id }) =>
    rig.run('GenerateDataKeyWithoutPlaintext', { keyId: id, keySpec: 'AES_256' }),
  GenerateMac: ({ rig, id }) => rig.run('GenerateMac', { keyId: id, ...MAC }),
  GenerateRandom: ({ rig }) => rig.run('GenerateRandom', { numberOfBytes: 1 }),
  GetKeyLastUsage: keyed('GetKeyLastUsage'),
  GetKeyPolicy: keyed('GetKeyPolicy'),
  GetPublicKey: keyed('GetPublicKey'),
  GetKeyRotationStatus: keyed('GetKeyRotationStatus'),
  ListAliases: keyed('ListAliases'),
  ListKeyPolicies: keyed('ListKeyPolicies'),
  ListKeyRotations: keyed('ListKeyRotations'),
  ListKeys: ({ rig }) => rig.run('ListKeys', {}),
  ListResourceTags: keyed('ListResourceTags'),
  PutKeyPolicy: ({ rig, id }) => rig.run('PutKeyPolicy', { keyId: id, policy: '{}' }),
  ReEncrypt: ({ rig, otherId, made }) =>
    rig.run('ReEncrypt', { ciphertextBlob: made, destinationKeyId: otherId }),
  RotateKeyOnDemand: keyed('RotateKeyOnDemand'),
  ScheduleKeyDeletion: keyed('ScheduleKeyDeletion'),
  Sign: ({ rig, id }) => rig.run('Sign', { keyId: id, ...SIGNATURE }),
  TagResource: ({ rig, id }) => rig.run('TagResource', { keyId: id, tags: [{ tagKey: 'a', tagValue: '' }] }),
  UntagResource: ({ rig, id }) => rig.run('UntagResource', { keyId: id, tagKeys: ['a'] }),
  UpdateAlias: ({ rig, id }) => rig.run('UpdateAlias', { aliasName: 'alias/other', targetKeyId: id }),
  UpdateKeyDescription: ({ rig, id }) => rig.run('UpdateKeyDescription', { keyId: id, description: 'x' }),
  Verify: ({ rig, id, made }) => rig.run('Verify', { keyId: id, signature: made, ...SIGNATURE }),
  VerifyMac: ({ rig, id, made }) => rig.run('VerifyMac', { keyId: id, mac: made, ...MAC }),
};

/** Of the operations that take no symmetric key. */
const KINDS: Partial<Record<string, Kind>> = {
  Decapsulate: ENCAPSULATING_KEY,
  DeriveSharedSecret: AGREEING_KEY,
  Encapsulate: ENCAPSULATING_KEY,
  GenerateMac: MAC_KEY,
  GetPublicKey: SIGNING_KEY,
  Sign: SIGNING_KEY,
  Verify: SIGNING_KEY,
  VerifyMac: MAC_KEY,
};

/** Where the reference has a dash: no key of such a kind can be in this state. */
const OUT_OF_REACH = 'KMSInvalidStateException: <ARN> is unavailable.';

const OFFERED = EXPECTED_OUTCOMES.filter(({ operation }) => operation in CALLS).map((row) => ({
  ...row,
  expected: row.expected === '-' ? OUT_OF_REACH : row.expected,
}));
const NOT_OFFERED = new Set(
  EXPECTED_OUTCOMES.map(({ operation }) => operation).filter((name) => !(name in CALLS)),
);

describe('operations on keys in each state', () => {
  test.for(OFFERED)(
    '$operation on a key that is $state: $expected',
    async ({ operation, state, expected }) => {
      const { arn, ...scene } = await sceneWith(state as KeyState, KINDS[operation]);
      const outcome = await outcomeOf((CALLS[operation] as Call)(scene));
      expect(outcome).toBe(expected.replace('<ARN>', arn));
    },
  );

  it('ReEncrypt to a key in each state is refused as from it', async () => {
    const rows = EXPECTED_OUTCOMES.filter(({ operation }) => operation === 'ReEncrypt');
    for (const { state, expected } of rows) {
      const { rig, id, otherId, arn } = await sceneWith(state as KeyState);
      const { ciphertextBlob } = await rig.run('Encrypt', { keyId: otherId, plaintext: bytesOf('x') });
      const request = { ciphertextBlob: ciphertextBlob as Uint8Array, destinationKeyId: id };
      expect(await outcomeOf(rig.run('ReEncrypt', request))).toBe(expected.replace('<ARN>', arn));
    }
  });

  test.for([...NOT_OFFERED])('%s is not offered', async (operation) => {
    const { rig, id } = await sceneWith('Enabled');
    const call = rig.run(operation as KmsOperationName, { keyId: id } as never);
    expect(await outcomeOf(call)).toMatch(/^UnsupportedOperationException/);
  });
});

/** A key in the state, with an alias and something that it made; another key, enabled and symmetric, with an alias. */
async function sceneWith(
  state: KeyState,
  { request, make }: Kind = SYMMETRIC_KEY,
): Promise<Scene & { readonly arn: string }> {
  const rig = new Rig();
  const { keyMetadata } = await rig.run('CreateKey', request);
  const id = keyMetadata?.keyId as string;
  const other = await rig.newKey();
  await rig.addAlias('alias/key', id);
  await rig.addAlias('alias/other', other.id);
  const made = (await make(rig, id)) as Uint8Array;
  const deletion = { atMs: START_MS + 30 * DAY_MS, windowDays: 30 };
  await rig.alter(id, { state, ...(state.startsWith('Pending') && { deletion }) });
  return { rig, id, arn: keyMetadata?.arn as string, otherId: other.id, made };
}

function keyed(
  operation:
    | 'CancelKeyDeletion'
    | 'DescribeKey'
    | 'DisableKey'
    | 'DisableKeyRotation'
    | 'EnableKey'
    | 'EnableKeyRotation'
    | 'GetKeyLastUsage'
    | 'GetKeyPolicy'
    | 'GetKeyRotationStatus'
    | 'GetPublicKey'
    | 'ListAliases'
    | 'ListKeyPolicies'
    | 'ListKeyRotations'
    | 'ListResourceTags'
    | 'RotateKeyOnDemand'
    | 'ScheduleKeyDeletion',
): Call {
  return ({ rig, id }) => rig.run(operation, { keyId: id });
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: unknown) => {
      if (error instanceof KmsFault) return error.message;
      throw error;
    },
  );
}
