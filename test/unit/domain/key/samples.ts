/** Records of keys for tests. */
import type { KeyRecord } from '../../../../src/domain/key/key-record.ts';

export const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** A symmetric key as CreateKey makes it, with what a test changes of it. */
export function keyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    account: '111122223333',
    region: 'eu-west-1',
    keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    state: 'Enabled',
    createdMs: 1_700_000_000_123,
    description: '',
    policy: '{}',
    tags: [],
    materials: [{ materialId: MATERIAL_ID, token: 'dG9rZW4=', createdMs: 1_700_000_000_123 }],
    currentMaterialId: MATERIAL_ID,
    rotation: { enabled: false, periodDays: 365, onDemandCount: 0 },
    ...changes,
  };
}

export const MATERIAL_ID = '0123456789abcdef'.repeat(4);
