/** The end of a key, for the scheduler: nothing that its material encrypted can be decrypted any more. */
import { keyAddress, scopeOf } from '../../domain/key/record-address.ts';
import type { KeyDeleted } from '../../domain/ports/kms-events.ts';
import type { RecordChange, StoredRecord } from '../../domain/ports/record-store.ts';
import { deletedAlias } from './alias-change.ts';
import type { KmsServices } from './services.ts';

/**
 * Removes the key with its aliases and its last use, all at once, if its deletion window is over by the clock, and
 * makes the vault forget its material. Rejects with a StoreConflict when somebody changed any of it meanwhile, such as
 * by cancelling the deletion, and with the faults of the store; the scheduler comes back.
 */
export async function destroyIfDue(
  services: Pick<KmsServices, 'vault' | 'store' | 'events' | 'clock'>,
  stored: StoredRecord<'key'>,
): Promise<'destroyed' | 'not due'> {
  const { body, revision } = stored;
  const { account, region, keyId, state, deletion } = body;
  const atMs = services.clock.nowMs();
  if (state !== 'PendingDeletion' || deletion === undefined || deletion.atMs > atMs) return 'not due';
  const event: KeyDeleted = { type: 'KMS CMK Deletion', account, region, keyId, atMs };
  await services.store.commit([
    { do: 'delete', kind: 'key', address: keyAddress(body), expect: revision },
    ...(await deletedAliases(stored, services)),
    ...(await deletedUsage(stored, services)),
    ...services.events.recordsOf(event),
  ]);
  services.vault.forget(body.materials.map(({ token }) => Buffer.from(token, 'base64')));
  services.events.happened(event);
  await sweepUsage(stored, services);
  return 'destroyed';
}

/** A call that was under way when the key went may have noted its use after it was looked for. */
async function sweepUsage(stored: StoredRecord<'key'>, services: Pick<KmsServices, 'store'>): Promise<void> {
  const late = await deletedUsage(stored, services);
  if (late.length > 0) await services.store.commit(late);
}

/** There are more than the quota when calls at the same time went over it, or when it was lowered. */
async function deletedAliases(
  { body }: StoredRecord<'key'>,
  { store }: Pick<KmsServices, 'store'>,
): Promise<readonly RecordChange[]> {
  const owner = body.keyId;
  const count = await store.count('alias', scopeOf(body), owner);
  const aliases = await store.list('alias', scopeOf(body), { owner, limit: count + 1 });
  return aliases.map(deletedAlias);
}

async function deletedUsage(
  { body }: StoredRecord<'key'>,
  { store }: Pick<KmsServices, 'store'>,
): Promise<readonly RecordChange[]> {
  const usage = await store.get('usage', keyAddress(body));
  if (usage === undefined) return [];
  return [{ do: 'delete', kind: 'usage', address: keyAddress(body), expect: usage.revision }];
}
