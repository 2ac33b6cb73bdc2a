/**
 * The seed of the KMS engine, read with the configuration so that what is wrong in it is known before anything starts.
 * A problem in it is reported at the field that names it, with its own line.
 */
import type { SeedKey } from '../domain/key/seed-key.ts';
import { buildSeed } from './build/build-seed.ts';
import { parseConfigDocument } from './config-document.ts';
import { ConfigFault } from './config-fault.ts';
import type { ConfigParts } from './config-parts.ts';
import { Findings, pathText } from './findings.ts';
import { passOn } from './pass-on.ts';
import { FileFault, ownGroups, readRegularFile } from './private-file.ts';
import { seedJsonSchema } from './schema/json-schema.ts';
import { type SeedDocument, seedSchema } from './schema/seed-schema.ts';
import { reportSchemaIssues } from './schema-problems.ts';

export interface SeedSurroundings {
  readonly groups: ReadonlySet<number>;
  readonly resolvePath: (path: string) => string;
}

/** The keys of the file that the configuration names; none when it names none, or when something is wrong. */
export function readSeed(
  { kms }: ConfigParts,
  { groups, resolvePath }: SeedSurroundings,
  findings: Findings,
): readonly SeedKey[] {
  if (kms?.seed === undefined) return [];
  const file = resolvePath(kms.seed);
  try {
    const seed = seedInFile(file, groups);
    const fixed = seed.filter(({ material }) => material !== undefined).length;
    if (fixed > 0)
      findings.warn(
        ['kms', 'seed'],
        `fixes the material of keys (${fixed}): whoever can read it can decrypt`,
      );
    return seed;
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    // Most of what makes it unreadable is reported with the other files.
    if (findings.problems.some(({ path }) => pathText(path) === 'kms.seed')) return [];
    for (const problem of error.problems) passOn(problem, { file, path: ['kms', 'seed'] }, findings);
    return [];
  }
}

/** A seed outside of a configuration: a file, or what one would say. Throws a ConfigFault. */
export function loadSeed(seed: string | SeedDocument): readonly SeedKey[] {
  return typeof seed === 'string' ? seedInFile(seed, ownGroups()) : seedOf('(seed)', seed);
}

export type { SeedDocument };

function seedInFile(file: string, groups: ReadonlySet<number>): readonly SeedKey[] {
  const { content, lineOf } = parseConfigDocument(file, textOf(file, groups));
  return seedOf(file, content, lineOf);
}

function textOf(file: string, groups: ReadonlySet<number>): string {
  try {
    const { bytes } = readRegularFile(file, MAX_SEED_BYTES, groups);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const found = error instanceof FileFault ? error.message : 'is not UTF-8 text';
    throw new ConfigFault('unreadable', file, [{ path: [], found, expected: 'a YAML file with keys' }]);
  }
}

function seedOf(
  file: string,
  content: unknown,
  lineOf?: ConstructorParameters<typeof ConfigFault>[3],
): readonly SeedKey[] {
  const findings = new Findings();
  const parsed = seedSchema.safeParse(content);
  const keys = parsed.success ? buildSeed(parsed.data, findings) : [];
  if (!parsed.success) reportSchemaIssues(parsed.error.issues, content, seedJsonSchema(), findings);
  if (findings.problems.length > 0) throw new ConfigFault('invalid', file, findings.problems, lineOf);
  return keys;
}

const MAX_SEED_BYTES = 4 * 1_024 * 1_024;
