import { describe, expect, it, test } from 'vitest';
import { keyMetadata } from '../../../../src/domain/key/key-metadata.ts';
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';
import { ARN, keyRecord, MATERIAL_ID } from './samples.ts';

const ALGORITHM_MEMBERS = [
  'encryptionAlgorithms',
  'signingAlgorithms',
  'macAlgorithms',
  'keyAgreementAlgorithms',
  'encapsulationAlgorithms',
];

describe('key metadata', () => {
  it('of a symmetric key has what the service tells of one, and no more', () => {
    expect(keyMetadata(keyRecord())).toStrictEqual({
      awsAccountId: '111122223333',
      arn: ARN,
      creationDate: 1_700_000_000_123,
      currentKeyMaterialId: MATERIAL_ID,
      customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      description: '',
      enabled: true,
      encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
      keyManager: 'CUSTOMER',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyState: 'Enabled',
      keyUsage: 'ENCRYPT_DECRYPT',
      multiRegion: false,
      origin: 'AWS_KMS',
    });
  });

  test.for([
    { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', member: 'encryptionAlgorithms', older: 'RSA_4096' },
    { spec: 'RSA_2048', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', older: 'RSA_2048' },
    { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', older: 'ECC_NIST_P256' },
    {
      spec: 'ECC_NIST_P521',
      usage: 'KEY_AGREEMENT',
      member: 'keyAgreementAlgorithms',
      older: 'ECC_NIST_P521',
    },
    { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC', member: 'macAlgorithms', older: 'HMAC_384' },
    { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', older: undefined },
    { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', member: 'signingAlgorithms', older: undefined },
    {
      spec: 'ML_KEM_768',
      usage: 'ENCAPSULATE_DECAPSULATE',
      member: 'encapsulationAlgorithms',
      older: undefined,
    },
  ] as const)('of $spec for $usage has $member alone, and no key material id', (row) => {
    const { spec, usage, member, older } = row;
    const metadata = keyMetadata(keyRecord({ spec, usage }));
    expect(ALGORITHM_MEMBERS.filter((name) => name in metadata)).toEqual([member]);
    expect(metadata).toMatchObject({ keySpec: spec, keyUsage: usage });
    expect(metadata.customerMasterKeySpec).toBe(older);
    expect('currentKeyMaterialId' in metadata).toBe(false);
  });

  it('has algorithms and no material while a key waits for its first import', () => {
    const metadata = keyMetadata(withoutMaterial({ origin: 'EXTERNAL', state: 'PendingImport' }));
    expect(metadata).toMatchObject({
      enabled: false,
      keyState: 'PendingImport',
      origin: 'EXTERNAL',
      encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    });
    expect(Object.keys(metadata)).not.toContain('currentKeyMaterialId');
    expect(Object.keys(metadata)).not.toContain('expirationModel');
    expect(Object.keys(metadata)).not.toContain('validTo');
  });

  it('keeps the material id of a key whose imported material is gone', () => {
    const metadata = keyMetadata(keyRecord({ origin: 'EXTERNAL', state: 'PendingImport', materials: [] }));
    expect(metadata.currentKeyMaterialId).toBe(MATERIAL_ID);
  });

  test.for(['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const)('has no material id for origin %s', (origin) => {
    expect('currentKeyMaterialId' in keyMetadata(keyRecord({ origin }))).toBe(false);
  });

  test.for([
    { state: 'Enabled', enabled: true },
    { state: 'Disabled', enabled: false },
    { state: 'PendingDeletion', enabled: false },
    { state: 'Unavailable', enabled: false },
    { state: 'Creating', enabled: false },
    { state: 'Updating', enabled: false },
  ] as const)('says enabled $enabled in $state', ({ state, enabled }) => {
    expect(keyMetadata(keyRecord({ state })).enabled).toBe(enabled);
  });

  it('has the date of a pending deletion, and the window alone while replicas are in the way', () => {
    const deletion = { atMs: 1_800_000_000_000, windowDays: 12 };
    const pending = keyMetadata(keyRecord({ state: 'PendingDeletion', deletion }));
    expect(pending.deletionDate).toBe(1_800_000_000_000);
    expect('pendingDeletionWindowInDays' in pending).toBe(false);
    const waiting = keyMetadata(keyRecord({ state: 'PendingReplicaDeletion', deletion }));
    expect(waiting.pendingDeletionWindowInDays).toBe(12);
    expect('deletionDate' in waiting).toBe(false);
  });

  it('has a configuration for a multi-Region key', () => {
    const keyId = 'mrk-1234abcd12ab34cd56ef1234567890ab';
    const arn = `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`;
    expect(keyMetadata(keyRecord({ keyId, multiRegion: true }))).toMatchObject({
      multiRegion: true,
      multiRegionConfiguration: {
        multiRegionKeyType: 'PRIMARY',
        primaryKey: { arn, region: 'eu-west-1' },
        replicaKeys: [],
      },
    });
  });
});

function withoutMaterial(changes: Partial<KeyRecord>): KeyRecord {
  const { currentMaterialId: _, ...rest } = keyRecord({ materials: [], ...changes });
  return rest;
}
