/**
 * From what a request calls a key to the key. Names without an account mean the caller's, and every name means the
 * Region of the call. Nothing is authorized here: a key of another account is found as well.
 */

import type { KeyScope } from '../../domain/key/key-record.ts';
import { aliasAddress, keyAddress } from '../../domain/key/record-address.ts';
import { aliasArn, keyArn } from '../../domain/kms/arn.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import { type KeyIdentifier, parseKeyIdentifier } from '../../domain/kms/key-identifier.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { KmsAction } from '../../domain/ports/authorizer.ts';
import type { RecordAddress, StoredRecord } from '../../domain/ports/record-store.ts';
import type { FoundKey, KeyLookup } from './operation.ts';
import type { KmsServices } from './services.ts';
import { type Soon, whenThere } from './when-there.ts';

export interface KeyName {
  readonly account: string;
  readonly keyId: string;
}

/** The key that an id, an ARN, an alias or an alias ARN names. */
export function resolveKeyOrAlias(name: string, lookup: KeyLookup): Soon<FoundKey> {
  const identifier = parseKeyIdentifier(name);
  if (identifier.kind !== 'alias') return resolve(identifier, name, lookup);
  const { name: requestAlias } = identifier;
  const scope = scopeNamed(identifier, lookup.call);
  const address = aliasAddress({ ...scope, name: requestAlias });
  return whenThere(read(lookup.services, 'alias', address), (alias) => {
    if (alias === undefined) {
      if (scope.account !== lookup.call.caller.account) throw foreignKeyDenied(lookup.call, lookup.action);
      throw new KmsFault(
        'NotFoundException',
        `Alias ${aliasArn({ ...scope, name: requestAlias })} is not found.`,
      );
    }
    const key = requireKey({ ...scope, keyId: alias.body.targetKeyId }, lookup);
    return whenThere(key, (found) => ({ ...found, requestAlias }));
  });
}

/** The key that an id or an ARN names, for operations that take no alias. */
export function resolveKey(name: string, lookup: KeyLookup): Soon<FoundKey> {
  const identifier = parseKeyIdentifier(name);
  if (identifier.kind === 'alias') throw invalidKeyId(name);
  return resolve(identifier, name, lookup);
}

/** The key of this id in the Region of the call, if there is one. */
export function findKey(
  { account, keyId }: KeyName,
  { services, call }: KeyLookup,
): Soon<FoundKey | undefined> {
  const named = { account, keyId, region: call.region };
  return whenThere(
    read(services, 'key', keyAddress(named)),
    (stored) => stored && { stored, arn: keyArn(named) },
  );
}

/**
 * What a caller hears of a key in another account that is not there, or that the operation can't reach. Both sound
 * alike, so that nobody learns which keys others have.
 */
export function foreignKeyDenied(call: KmsCall, action: KmsAction): KmsFault {
  return new KmsFault(
    'AccessDeniedException',
    `User: ${call.caller.principalArn} is not authorized to perform: kms:${action} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  );
}

function resolve(
  identifier: Exclude<KeyIdentifier, { kind: 'alias' }>,
  name: string,
  lookup: KeyLookup,
): Soon<FoundKey> {
  if (identifier.kind === 'malformed id') throw invalidKeyId(name);
  if (identifier.kind === 'malformed arn') throw new KmsFault('NotFoundException', `Invalid arn ${name}`);
  return requireKey({ ...scopeNamed(identifier, lookup.call), keyId: identifier.name }, lookup);
}

function requireKey(name: KeyName, lookup: KeyLookup): Soon<FoundKey> {
  return whenThere(findKey(name, lookup), (key) => {
    if (key !== undefined) return key;
    if (name.account !== lookup.call.caller.account) throw foreignKeyDenied(lookup.call, lookup.action);
    const arn = keyArn({ ...name, region: lookup.call.region });
    throw new KmsFault('NotFoundException', `Key '${arn}' does not exist`);
  });
}

function scopeNamed({ arn }: Extract<KeyIdentifier, { name: string }>, call: KmsCall): KeyScope {
  if (arn === undefined) return { account: call.caller.account, region: call.region };
  if (arn.region !== call.region) throw new KmsFault('NotFoundException', `Invalid arn ${arn.region}`);
  return { account: arn.account, region: arn.region };
}

/** Without a turn of the event loop where memory knows the answer. */
function read<K extends 'key' | 'alias'>(
  { store }: KmsServices,
  kind: K,
  address: RecordAddress,
): Soon<StoredRecord<K> | undefined> {
  const known = store.peek(kind, address);
  return known === 'unknown' ? store.get(kind, address) : known;
}

function invalidKeyId(name: string): KmsFault {
  return new KmsFault('NotFoundException', `Invalid keyId '${name}'`);
}
