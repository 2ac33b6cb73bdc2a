import { HsmFault } from '../../domain/hsm-fault.ts';

/** Whether a failed look says that no single object stands behind the key. */
export function isAbsent(error: unknown): boolean {
  return error instanceof HsmFault && (error.code === 'not-found' || error.code === 'ambiguous');
}
