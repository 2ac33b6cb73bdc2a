/** The four ways in which a request names a key: key id, key ARN, alias name, alias ARN. */
import { partitionOf } from './arn.ts';

export type KeyIdentifier =
  | { readonly kind: 'key' | 'alias'; readonly name: string; readonly arn?: ArnParts }
  /** No key id, and nothing that starts as an ARN or an alias name does. */
  | { readonly kind: 'malformed id' }
  | { readonly kind: 'malformed arn' };

export interface ArnParts {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** Takes a request's `KeyId` apart. Total: what is no identifier has a kind, too. */
export function parseKeyIdentifier(text: string): KeyIdentifier {
  if (text.startsWith('arn:')) return parseArn(text);
  if (isAliasName(text)) return { kind: 'alias', name: text };
  return isKeyId(text) ? { kind: 'key', name: text } : { kind: 'malformed id' };
}

/** Whether it could be a key's id: a UUID with its dashes, or `mrk-` and 32 hex digits. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Whether it starts as an alias name does; which names there can be is CreateAlias's business. */
function isAliasName(text: string): boolean {
  return text.startsWith(ALIAS_PREFIX);
}

function parseArn(text: string): KeyIdentifier {
  const [, partition, region, account, resource] = ARN.exec(text) ?? [];
  if (
    partition === undefined ||
    region === undefined ||
    account === undefined ||
    resource === undefined ||
    partition !== partitionOf(region)
  ) {
    return { kind: 'malformed arn' };
  }
  const arn = { partition, region, account };
  if (isAliasName(resource)) return { kind: 'alias', name: resource, arn };
  const name = resource.startsWith(KEY_PREFIX) ? resource.slice(KEY_PREFIX.length) : '';
  return isKeyId(name) ? { kind: 'key', name, arn } : { kind: 'malformed arn' };
}

const ALIAS_PREFIX = 'alias/';
const KEY_PREFIX = 'key/';
const KEY_ID =
  /^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})$/;
const ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(.+)$/;
