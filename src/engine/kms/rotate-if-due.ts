/** Automatic rotation, for the scheduler. */
import { continueRotation } from '../../domain/key/rotation-schedule.ts';
import type { StoredRecord } from '../../domain/ports/record-store.ts';
import { rotateMaterial } from './rotate-material.ts';
import type { KmsServices } from './services.ts';

/**
 * Rotates the key if that is due by the clock, once however late it is. A key that is not enabled keeps waiting: it
 * rotates as soon as it is enabled again. Rejects with a StoreConflict when somebody changed the key meanwhile, and
 * with the faults of vault and store; the scheduler comes back.
 */
export async function rotateIfDue(
  services: Pick<KmsServices, 'vault' | 'store' | 'events' | 'clock' | 'settings'>,
  stored: StoredRecord<'key'>,
): Promise<'rotated' | 'not due'> {
  const { state, rotation } = stored.body;
  const atMs = services.clock.nowMs();
  if (state !== 'Enabled' || !rotation.enabled) return 'not due';
  if (rotation.nextMs === undefined || rotation.nextMs > atMs) return 'not due';
  const context = {
    tenant: services.settings.tenant,
    deadlineMs: services.clock.monotonicMs() + VAULT_TIMEOUT_MS,
  };
  const schedule = continueRotation(rotation, atMs);
  await rotateMaterial(services, stored, { type: 'AUTOMATIC', atMs, schedule }, context);
  return 'rotated';
}

const VAULT_TIMEOUT_MS = 10_000;
