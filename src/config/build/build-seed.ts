/** From a validated seed to its keys: defaults filled in, ids and aliases unique. */
import { checkPolicyDocument } from '../../domain/key/key-policy.ts';
import type { SeedKey } from '../../domain/key/seed-key.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import { Secret } from '../../domain/secret.ts';
import type { Findings, PathInFile } from '../findings.ts';
import type { SeedInput } from '../schema/seed-schema.ts';
import { seedKind } from './seed-kind.ts';
import { seedMaterial } from './seed-material.ts';

export function buildSeed(input: SeedInput, findings: Findings): readonly SeedKey[] {
  const ids = new Map<string, number>();
  const aliases = new Map<string, number>();
  return input.keys.map((entry, index) => {
    const path = ['keys', index];
    const key = seedKey(entry, input, path, findings);
    claim(ids, `${key.account} ${key.keyId}`, index, { path: [...path, 'id'], what: 'id' }, findings);
    for (const [at, name] of key.aliases.entries())
      claim(
        aliases,
        `${key.account} ${key.region} ${name}`,
        index,
        { path: [...path, 'aliases', at], what: 'alias' },
        findings,
      );
    checkPolicy(key.policy, [...path, 'policy'], findings);
    return key;
  });
}

function seedKey(
  entry: SeedInput['keys'][number],
  defaults: SeedInput,
  path: PathInFile,
  findings: Findings,
): SeedKey {
  const { id, account, region, aliases, description, policy, tags } = entry;
  const { enabled, rotationDays, dangerMaterial } = entry;
  const kind = seedKind(entry, path, findings);
  if (rotationDays !== undefined && kind.family !== 'symmetric')
    findings.problem([...path, 'rotationDays'], 'is set', 'nothing: only symmetric keys rotate', 'remove it');
  return {
    account: account ?? defaults.account,
    region: region ?? defaults.region,
    keyId: id,
    spec: kind.spec,
    usage: kind.usage,
    aliases,
    description,
    ...(policy !== undefined && { policy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    enabled,
    ...(rotationDays !== undefined && { rotationDays }),
    ...(dangerMaterial !== undefined && {
      material: new Secret(seedMaterial(kind, dangerMaterial, [...path, 'dangerMaterial'], findings)),
    }),
  };
}

function claim(
  taken: Map<string, number>,
  name: string,
  index: number,
  { path, what }: { readonly path: PathInFile; readonly what: string },
  findings: Findings,
): void {
  const owner = taken.get(name);
  if (owner === undefined) taken.set(name, index);
  else findings.problem(path, `is the ${what} of keys[${owner}] already`, `each ${what} once`, 'remove one');
}

function checkPolicy(policy: string | undefined, path: PathInFile, findings: Findings): void {
  if (policy === undefined) return;
  try {
    checkPolicyDocument(policy);
  } catch (error) {
    if (!(error instanceof KmsFault)) throw error;
    findings.problem(path, 'is no policy document', 'a JSON object of at most 32768 bytes');
  }
}
