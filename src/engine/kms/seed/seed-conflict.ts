/** Where a seed and the store say different things, or a vault cannot make what it says, so that no key can be as it is to be. */
import type { KeyRecord } from '../../../domain/key/key-record.ts';
import { aliasAddress, keyAddress } from '../../../domain/key/record-address.ts';
import type { SeedKey } from '../../../domain/key/seed-key.ts';
import { aliasArn, keyArn } from '../../../domain/kms/arn.ts';
import type { RecordStore } from '../../../domain/ports/record-store.ts';

/** Each conflict is a sentence for the operator, without secrets. */
export class SeedConflict extends Error {
  override readonly name = 'SeedConflict';
  readonly conflicts: readonly string[];

  constructor(conflicts: readonly string[]) {
    super(
      [
        'the seed cannot be had; change it, or what is in the store',
        ...conflicts.map((conflict) => `  ${conflict}`),
      ].join('\n'),
    );
    this.conflicts = conflicts;
  }
}

/** Keys of another kind, and aliases that lead to other keys, than the seed says. */
export async function findSeedConflicts(
  seed: readonly SeedKey[],
  store: Pick<RecordStore, 'get'>,
): Promise<readonly string[]> {
  const conflicts: string[] = [];
  for (const key of seed) {
    const present = await store.get('key', keyAddress(key));
    if (present !== undefined && !isOfKind(present.body, key))
      conflicts.push(kindConflict(key, present.body));
    for (const name of key.aliases) {
      const found = await store.get('alias', aliasAddress({ ...key, name }));
      if (found !== undefined && found.body.targetKeyId !== key.keyId)
        conflicts.push(aliasConflict(key, name, found.body.targetKeyId));
    }
  }
  return conflicts;
}

function isOfKind(record: KeyRecord, { spec, usage }: SeedKey): boolean {
  return record.spec === spec && record.usage === usage;
}

function kindConflict(key: SeedKey, { spec, usage }: KeyRecord): string {
  return `${keyArn(key)} exists with spec ${spec} and usage ${usage}, and the seed gives it ${key.spec} and ${key.usage}`;
}

/** What is said of an alias that leads to another key. */
export function aliasConflict(key: SeedKey, name: string, targetKeyId: string): string {
  const { account, region } = key;
  const alias = aliasArn({ account, region, name });
  const target = keyArn({ account, region, keyId: targetKeyId });
  return `${alias} leads to ${target}, and the seed has it lead to ${keyArn(key)}`;
}
