/** How long a data key is to be, by either of the two ways to say so. */
import type { DataKeySpec } from '../../domain/kms/api/enums.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

export interface DataKeyRequest {
  readonly keySpec?: DataKeySpec;
  readonly numberOfBytes?: number;
}

/** In bytes. Fault: `ValidationException` unless it is said in exactly one way. */
export function dataKeyBytes({ keySpec, numberOfBytes }: DataKeyRequest): number {
  const bytes = keySpec === undefined ? numberOfBytes : BYTES[keySpec];
  if (bytes === undefined || (keySpec !== undefined && numberOfBytes !== undefined)) {
    throw new KmsFault('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  return bytes;
}

const BYTES: Readonly<Record<DataKeySpec, number>> = { AES_128: 16, AES_256: 32 };
