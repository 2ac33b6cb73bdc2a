/** What CreateKey and DescribeKey tell of a key: kms-behaviour.md §1.9 says which member is there when. */
import type { KeyUsageType } from '../kms/api/enums.ts';
import type { KeyMetadata } from '../kms/api/types.ts';
import { keyArn } from '../kms/arn.ts';
import type { KeyRecord } from './key-record.ts';
import { type AlgorithmsByUsage, keyKindOf, keyTypeOf } from './key-specs.ts';

export function keyMetadata(record: KeyRecord): KeyMetadata {
  return {
    awsAccountId: record.account,
    arn: keyArn(record),
    creationDate: record.createdMs,
    ...currentMaterial(record),
    ...kindMembers(record),
    ...deletion(record),
    description: record.description,
    enabled: record.state === 'Enabled',
    keyId: record.keyId,
    keyManager: 'CUSTOMER',
    keyState: record.state,
    multiRegion: record.multiRegion,
    ...(record.multiRegion && { multiRegionConfiguration: soleRegion(record) }),
    origin: record.origin,
  };
}

/** What kind of key it is, with its algorithms in the one member that is for its usage. */
export function kindMembers(record: Pick<KeyRecord, 'spec' | 'usage'>): Partial<KeyMetadata> {
  const { spec, usage, olderName, algorithms } = keyKindOf(record);
  return {
    keySpec: spec,
    ...(olderName !== undefined && { customerMasterKeySpec: olderName }),
    keyUsage: usage,
    [ALGORITHMS_MEMBER[usage]]: algorithms,
  };
}

/** Of symmetric keys alone, and not of those whose material is in a custom key store. */
function currentMaterial({ spec, origin, currentMaterialId }: KeyRecord): Partial<KeyMetadata> {
  if (currentMaterialId === undefined || keyTypeOf(spec) !== 'symmetric') return {};
  return origin === 'AWS_KMS' || origin === 'EXTERNAL' ? { currentKeyMaterialId: currentMaterialId } : {};
}

/** A primary key that waits for its replicas has no date yet. */
function deletion({ state, deletion }: KeyRecord): Partial<KeyMetadata> {
  if (deletion === undefined) return {};
  return state === 'PendingReplicaDeletion'
    ? { pendingDeletionWindowInDays: deletion.windowDays }
    : { deletionDate: deletion.atMs };
}

function soleRegion(record: KeyRecord): NonNullable<KeyMetadata['multiRegionConfiguration']> {
  return {
    multiRegionKeyType: 'PRIMARY',
    primaryKey: { arn: keyArn(record), region: record.region },
    replicaKeys: [],
  };
}

/** Exactly one of them, by usage. */
const ALGORITHMS_MEMBER = {
  ENCRYPT_DECRYPT: 'encryptionAlgorithms',
  SIGN_VERIFY: 'signingAlgorithms',
  GENERATE_VERIFY_MAC: 'macAlgorithms',
  KEY_AGREEMENT: 'keyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'encapsulationAlgorithms',
} as const satisfies { readonly [U in KeyUsageType]: MemberHolding<AlgorithmsByUsage[U]> };

type MemberHolding<A> = {
  [M in keyof KeyMetadata]-?: NonNullable<KeyMetadata[M]> extends readonly A[] ? M : never;
}[keyof KeyMetadata];
