/** docs/requirements/xks.yaml: the requirements and mistakes, read and checked. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'MAY' | 'AWS' | 'OPERATOR';
export type Proof = 'implementation' | 'test';

export interface Requirement {
  readonly id: string;
  readonly level: readonly Level[];
  readonly section: string;
  readonly text: string;
  readonly exception?: Exception | undefined;
}

/** Why something is missing here, and whose it is. An empty `waives` explains a part and waives nothing. */
export interface Exception {
  readonly owner: 'aws' | 'operator' | 'deferred' | 'runtime';
  readonly reason: string;
  readonly waives: readonly Proof[];
}

export interface Mistake {
  readonly number: number;
  readonly text: string;
}

export interface Catalogue {
  readonly requirements: readonly Requirement[];
  readonly mistakes: readonly Mistake[];
}

export function readCatalogue(path: string): Catalogue {
  return parseCatalogue(readFileSync(path, 'utf8'));
}

/** Throws a ZodError that names the entry and what was expected of it. */
export function parseCatalogue(yaml: string): Catalogue {
  return CATALOGUE.parse(parse(yaml));
}

/** What of a requirement must exist. MAY, and duties of AWS or the operator, oblige us to nothing. */
export function owedProofs(requirement: Requirement): Proof[] {
  const binds = requirement.level.some((level) => BINDING.has(level));
  const waived = requirement.exception?.waives ?? [];
  return binds ? PROOFS.filter((proof) => !waived.includes(proof)) : [];
}

const PROOFS: readonly Proof[] = ['implementation', 'test'];
const BINDING: ReadonlySet<Level> = new Set<Level>(['MUST', 'MUST NOT', 'SHOULD']);

const SENTENCE = z.string().min(20).regex(/\.$/, 'a sentence that ends with a full stop');

const REQUIREMENT = z.strictObject({
  id: z.string().regex(/^X-\d\d$/),
  level: z.array(z.enum(['MUST', 'MUST NOT', 'SHOULD', 'MAY', 'AWS', 'OPERATOR'])).min(1),
  section: z.string().min(3),
  text: SENTENCE,
  exception: z
    .strictObject({
      owner: z.enum(['aws', 'operator', 'deferred', 'runtime']),
      reason: SENTENCE,
      waives: z.array(z.enum(['implementation', 'test'])).default([...PROOFS]),
    })
    .optional(),
});

const CATALOGUE = z
  .strictObject({
    requirements: z.array(REQUIREMENT).min(1),
    mistakes: z.array(z.strictObject({ number: z.int().positive(), text: SENTENCE })),
  })
  .superRefine(({ requirements, mistakes }, context) => {
    const keys = [...requirements.map(({ id }) => id), ...mistakes.map(({ number }) => `mistake ${number}`)];
    const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
    for (const key of twice) context.addIssue({ code: 'custom', message: `${key} is listed twice` });
  });
