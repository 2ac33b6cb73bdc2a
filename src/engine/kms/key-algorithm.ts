/**
 * From the name of an algorithm to what it is for a key: the row that everything below works with, so that nothing
 * there asks for names.
 */
import { findAlgorithm, type RowOf } from '../../domain/key/algorithms.ts';
import type { AlgorithmsByUsage } from '../../domain/key/key-specs.ts';
import type { EncryptionAlgorithmSpec, KeyUsageType } from '../../domain/kms/api/enums.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { FoundKey } from './operation.ts';

/** What the key can do with this algorithm; its usage has been checked. Fault: `InvalidKeyUsageException`. */
export function requireAlgorithm<U extends KeyUsageType>(
  key: FoundKey,
  usage: U,
  algorithm: AlgorithmsByUsage[U],
): RowOf<U> {
  const { spec } = key.stored.body;
  const row = findAlgorithm({ spec, usage }, algorithm);
  if (row !== undefined) return row;
  throw new KmsFault(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${spec}.`,
  );
}

/** The same for encryption, where a request that names no algorithm means the symmetric one. */
export function requireEncryption(
  key: FoundKey,
  algorithm: EncryptionAlgorithmSpec = 'SYMMETRIC_DEFAULT',
): RowOf<'ENCRYPT_DECRYPT'> {
  return requireAlgorithm(key, 'ENCRYPT_DECRYPT', algorithm);
}
