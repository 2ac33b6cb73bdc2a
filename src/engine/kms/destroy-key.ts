/** The end of a key whose deletion window is over: nothing that its material encrypted can be decrypted any more. */
import { keyAddress, scopeOf } from '../../domain/key/record-address.ts';
import type { RecordChange, StoredRecord } from '../../domain/ports/record-store.ts';
import { deletedAlias } from './alias-change.ts';
import type { KmsServices } from './services.ts';

/**
 * Removes the key with its aliases and its last use, all at once, and makes the vault forget its material.
 * StoreConflict: something of it was changed meanwhile, such as the deletion cancelled.
 */
export async function destroyKey(key: StoredRecord<'key'>, services: KmsServices): Promise<void> {
  const { store, vault, events, clock } = services;
  const { body } = key;
  await store.commit([
    { do: 'delete', kind: 'key', address: keyAddress(body), expect: key.revision },
    ...(await deletedAliases(key, services)),
    ...(await deletedUsage(key, services)),
  ]);
  vault.forget(body.materials.map(({ token }) => Buffer.from(token, 'base64')));
  events.happened({
    type: 'KMS CMK Deletion',
    account: body.account,
    region: body.region,
    keyId: body.keyId,
    atMs: clock.nowMs(),
  });
}

/** There are more than the quota when calls at the same time went over it, or when it was lowered. */
async function deletedAliases(
  { body }: StoredRecord<'key'>,
  { store }: KmsServices,
): Promise<readonly RecordChange[]> {
  const owner = body.keyId;
  const limit = await store.count('alias', scopeOf(body), owner);
  const aliases = await store.list('alias', scopeOf(body), { owner, limit });
  return aliases.map(deletedAlias);
}

async function deletedUsage(
  { body }: StoredRecord<'key'>,
  { store }: KmsServices,
): Promise<readonly RecordChange[]> {
  const usage = await store.get('usage', keyAddress(body));
  if (usage === undefined) return [];
  return [{ do: 'delete', kind: 'usage', address: keyAddress(body), expect: usage.revision }];
}
