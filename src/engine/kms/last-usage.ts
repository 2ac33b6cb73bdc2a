/** The last successful use of each key. */
import { keyAddress } from '../../domain/key/record-address.ts';
import type { KeyLastUsageTrackingOperation } from '../../domain/kms/api/enums.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import type { RecordAddress, UsageRecord } from '../../domain/ports/record-store.ts';
import type { FoundKey } from './operation.ts';
import type { KmsServices } from './services.ts';

/** Waits for nothing: a crash may lose the last seconds. A key that was destroyed under the call leaves no trace. */
export function noteUsage(
  services: Pick<KmsServices, 'store' | 'clock' | 'log'>,
  { stored }: FoundKey,
  operation: KeyLastUsageTrackingOperation,
  { requestId }: KmsCall,
): void {
  const { store, clock } = services;
  const address = keyAddress(stored.body);
  const known = store.peek('key', address);
  if (known === undefined) return;
  const usage = { operation, atMs: clock.nowMs(), requestId };
  if (known === 'unknown') void noteOfExisting(services, address, usage);
  else store.later('usage', address, usage);
}

/** Where memory has lost the key meanwhile, only the store knows whether it still exists. */
async function noteOfExisting(
  { store, log }: Pick<KmsServices, 'store' | 'log'>,
  address: RecordAddress,
  usage: UsageRecord,
): Promise<void> {
  try {
    if ((await store.get('key', address)) !== undefined) store.later('usage', address, usage);
  } catch (error) {
    log.warn('kms.usage-lost', { keyId: address.id, error });
  }
}
