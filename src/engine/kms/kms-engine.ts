/**
 * The KMS engine's face to its edge. It trusts the edge to have authenticated the caller and to have validated the
 * input against the API's model.
 */
import type { KmsOperationName, KmsOperations } from '../../domain/kms/api/operations.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import { OPERATIONS } from './operations.ts';
import { perform } from './pipeline.ts';
import type { KmsServices } from './services.ts';

export interface KmsEngine {
  /**
   * Does one call. Rejects with KmsFault for what is the caller's affair, with HsmFault, StoreFailure or Bug for
   * what is not.
   */
  run<N extends KmsOperationName>(
    name: N,
    input: KmsOperations[N]['input'],
    call: KmsCall,
  ): Promise<KmsOperations[N]['output']>;
}

export function createKmsEngine(services: KmsServices): KmsEngine {
  return { run: (name, input, call) => perform(OPERATIONS[name], input, call, services) };
}
