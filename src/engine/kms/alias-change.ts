/** Aliases of keys: how operations find them, change them, and count them. */
import type { AliasRecord } from '../../domain/key/key-record.ts';
import { aliasAddress, scopeOf } from '../../domain/key/record-address.ts';
import { aliasArn } from '../../domain/kms/arn.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { KmsAction } from '../../domain/ports/authorizer.ts';
import { type RecordChange, StoreConflict, type StoredRecord } from '../../domain/ports/record-store.ts';
import type { FoundKey, Permission } from './operation.ts';
import type { KmsServices } from './services.ts';

/** An alias of the caller's account in the Region of the call. */
export interface AliasOfCall {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export function aliasOf(name: string, { caller, region }: KmsCall): AliasOfCall {
  return { account: caller.account, region, name };
}

/** What a caller needs for the alias, beside what it needs for the key. */
export function aliasPermission(action: KmsAction, name: string, call: KmsCall): Permission {
  return { action, resource: { kind: 'alias', arn: aliasArn(aliasOf(name, call)) } };
}

/** The alias that led to this key. StoreConflict: it is gone by now, or leads to another one. */
export async function requireAlias(
  alias: AliasOfCall,
  { stored: key }: FoundKey,
  { store }: KmsServices,
): Promise<StoredRecord<'alias'>> {
  const stored = await store.get('alias', aliasAddress(alias));
  if (stored?.body.targetKeyId === key.body.keyId) return stored;
  throw new StoreConflict(`${alias.name} has changed since its key was found`);
}

/** Refuses one more alias for the key. Calls at the same time may go over the quota by their number. */
export async function requireRoomForAlias(
  { stored: { body } }: FoundKey,
  { store, settings }: KmsServices,
): Promise<void> {
  const usage = await store.count('alias', scopeOf(body), body.keyId);
  if (usage < settings.aliasesPerKey) return;
  throw new KmsFault(
    'LimitExceededException',
    `Aliases per key quota for this account in this region is ${settings.aliasesPerKey}, current usage is ${usage}.`,
  );
}

export function putAlias(body: AliasRecord, expect: number): RecordChange {
  const index = { owner: body.targetKeyId };
  return { do: 'put', kind: 'alias', address: aliasAddress(body), body, index, expect };
}

export function deletedAlias({ body, revision }: StoredRecord<'alias'>): RecordChange {
  return { do: 'delete', kind: 'alias', address: aliasAddress(body), expect: revision };
}
