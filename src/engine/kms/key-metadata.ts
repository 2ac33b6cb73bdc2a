/** What DescribeKey and CreateKey tell of a key. */
import type { KeyRecord } from '../../domain/key/key-record.ts';
import type { KeyMetadata } from '../../domain/kms/api/types.ts';
import { keyArn } from '../../domain/kms/arn.ts';

export function keyMetadata(record: KeyRecord): KeyMetadata {
  return {
    awsAccountId: record.account,
    arn: keyArn(record),
    creationDate: record.createdMs,
    ...(record.currentMaterialId !== undefined && { currentKeyMaterialId: record.currentMaterialId }),
    customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    ...(record.deletion !== undefined && { deletionDate: record.deletion.atMs }),
    description: record.description,
    enabled: record.state === 'Enabled',
    encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    keyId: record.keyId,
    keyManager: 'CUSTOMER',
    keySpec: record.spec,
    keyState: record.state,
    keyUsage: record.usage,
    multiRegion: record.multiRegion,
    origin: record.origin,
  };
}
