/** Names of keys and aliases that hold everywhere. */
import type { KeyScope } from '../key/key-record.ts';

/** The ARN of a key. */
export function keyArn(key: KeyScope & { readonly keyId: string }): string {
  return `arn:${partitionOf(key.region)}:kms:${key.region}:${key.account}:key/${key.keyId}`;
}

/** The ARN of an alias; its name starts with `alias/`. */
export function aliasArn(alias: KeyScope & { readonly name: string }): string {
  return `arn:${partitionOf(alias.region)}:kms:${alias.region}:${alias.account}:${alias.name}`;
}

/** The ARN of an account itself. */
export function accountArn(scope: KeyScope): string {
  return `arn:${partitionOf(scope.region)}:iam::${scope.account}:root`;
}

/** Which of the separate AWS clouds a Region belongs to. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(({ prefix }) => region.startsWith(prefix))?.name ?? 'aws';
}

const PARTITIONS = [
  { prefix: 'cn-', name: 'aws-cn' },
  { prefix: 'us-gov-', name: 'aws-us-gov' },
  { prefix: 'us-iso-', name: 'aws-iso' },
  { prefix: 'us-isob-', name: 'aws-iso-b' },
  { prefix: 'eu-isoe-', name: 'aws-iso-e' },
  { prefix: 'us-isof-', name: 'aws-iso-f' },
  { prefix: 'eusc-', name: 'aws-eusc' },
];
