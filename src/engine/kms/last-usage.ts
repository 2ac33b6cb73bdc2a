/** The last successful use of each key. */
import { keyAddress } from '../../domain/key/record-address.ts';
import type { KeyLastUsageTrackingOperation } from '../../domain/kms/api/enums.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import type { FoundKey } from './operation.ts';
import type { KmsServices } from './services.ts';

/** Waits for nothing: a crash may lose the last seconds. A key that was destroyed under the call leaves no trace. */
export function noteUsage(
  { store, clock }: Pick<KmsServices, 'store' | 'clock'>,
  { stored }: FoundKey,
  operation: KeyLastUsageTrackingOperation,
  { requestId }: KmsCall,
): void {
  const address = keyAddress(stored.body);
  if (store.peek('key', address) === undefined) return;
  store.later('usage', address, { operation, atMs: clock.nowMs(), requestId });
}
