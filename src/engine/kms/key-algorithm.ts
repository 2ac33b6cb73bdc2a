/** Which algorithms a key can be used with. */
import type { EncryptionAlgorithmSpec } from '../../domain/kms/api/enums.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { FoundKey } from './operation.ts';

/** Fault: `InvalidKeyUsageException`. */
export function requireAlgorithm(
  key: FoundKey,
  algorithm: EncryptionAlgorithmSpec = 'SYMMETRIC_DEFAULT',
): void {
  const { spec } = key.stored.body;
  if (algorithm === 'SYMMETRIC_DEFAULT' && spec === 'SYMMETRIC_DEFAULT') return;
  throw new KmsFault(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
  );
}
