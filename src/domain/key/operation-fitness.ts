/**
 * Which kinds of key an operation does not take, whatever their state: kms-behaviour.md §1.4, §3, notes 6, 7 and 9, and §6.
 * The usage of a key (InvalidKeyUsageException) is not among them.
 */
import type { KmsOperationName } from '../kms/api/operations.ts';
import type { KeyRecord } from './key-record.ts';
import { keyTypeOf } from './key-specs.ts';

type FitnessTraits = Pick<KeyRecord, 'spec' | 'origin' | 'multiRegion'>;

export interface FitnessRefusal {
  readonly fault: 'UnsupportedOperationException';
  /** What the answer says, of the key with this ARN; absent: the answer has no message. */
  readonly says?: (arn: string) => string;
}

/** Why the operation takes no key of this kind; undefined when it does. */
export function unfitFor(operation: KmsOperationName, key: FitnessTraits): FitnessRefusal | undefined {
  const condition = CONDITIONS[operation]?.find(({ refuses }) => refuses(key));
  if (condition === undefined) return undefined;
  const { says } = condition;
  return {
    fault: 'UnsupportedOperationException',
    ...(says !== undefined && { says: (arn: string) => says(arn, key) }),
  };
}

interface Condition {
  readonly refuses: (key: FitnessTraits) => boolean;
  readonly says?: (arn: string, key: FitnessTraits) => string;
}

const SYMMETRIC: Condition = { refuses: ({ spec }) => keyTypeOf(spec) !== 'symmetric' };

const ASYMMETRIC: Condition = { refuses: ({ spec }) => keyTypeOf(spec) !== 'asymmetric' };

const OUTSIDE_KEY_STORES: Condition = {
  refuses: ({ origin }) => origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE',
  says: wrongOrigin,
};

const MADE_HERE: Condition = { refuses: ({ origin }) => origin !== 'AWS_KMS', says: wrongOrigin };

const IMPORTED: Condition = { refuses: ({ origin }) => origin !== 'EXTERNAL', says: wrongOrigin };

const MULTI_REGION: Condition = {
  refuses: ({ multiRegion }) => !multiRegion,
  says: (arn) => `${arn} is not a multi-region primary key.`,
};

/** The first that refuses gives the answer. */
const CONDITIONS: Readonly<Partial<Record<KmsOperationName, readonly Condition[]>>> = {
  EnableKeyRotation: [SYMMETRIC, MADE_HERE],
  DisableKeyRotation: [SYMMETRIC, MADE_HERE],
  GetKeyRotationStatus: [SYMMETRIC, OUTSIDE_KEY_STORES],
  ListKeyRotations: [SYMMETRIC, OUTSIDE_KEY_STORES],
  RotateKeyOnDemand: [SYMMETRIC, OUTSIDE_KEY_STORES],
  GenerateDataKeyPair: [OUTSIDE_KEY_STORES],
  GenerateDataKeyPairWithoutPlaintext: [OUTSIDE_KEY_STORES],
  GetPublicKey: [ASYMMETRIC],
  GetParametersForImport: [IMPORTED],
  ImportKeyMaterial: [IMPORTED],
  DeleteImportedKeyMaterial: [IMPORTED],
  ReplicateKey: [MULTI_REGION],
  UpdatePrimaryRegion: [MULTI_REGION],
};

function wrongOrigin(arn: string, { origin }: FitnessTraits): string {
  return `${arn} origin is ${origin} which is not valid for this operation.`;
}
