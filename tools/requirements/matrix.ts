/** Joins requirements, citations and test titles, and says what is wrong between them. */
import { type Catalogue, type Mistake, owedProofs, type Requirement } from './catalogue.ts';
import type { Citation } from './citations.ts';
import type { TestTitle } from './test-titles.ts';

export interface Findings {
  readonly citations: readonly Citation[];
  readonly unreadable: readonly string[];
  readonly titles: readonly TestTitle[];
}

export interface RequirementRow {
  readonly requirement: Requirement;
  readonly citations: readonly Citation[];
  readonly titles: readonly TestTitle[];
}

export interface MistakeRow {
  readonly mistake: Mistake;
  readonly titles: readonly TestTitle[];
}

export interface Matrix {
  readonly requirements: readonly RequirementRow[];
  readonly mistakes: readonly MistakeRow[];
  /** One line each, ready to print; empty when every claim holds. */
  readonly problems: readonly string[];
}

export function buildMatrix(catalogue: Catalogue, findings: Findings): Matrix {
  const { citations, titles } = findings;
  const requirements = catalogue.requirements.map((requirement) => ({
    requirement,
    citations: citations.filter(({ id }) => id === requirement.id),
    titles: titles.filter(({ ids }) => ids.includes(requirement.id)),
  }));
  const mistakes = catalogue.mistakes.map((mistake) => ({
    mistake,
    titles: titles.filter((title) => title.mistakes.includes(mistake.number)),
  }));
  const problems = [
    ...requirements.flatMap(missingProofs),
    ...mistakes
      .filter((row) => row.titles.length === 0)
      .map(({ mistake }) => `mistake ${mistake.number}: no test`),
    ...unknownNames(catalogue, findings),
    ...findings.unreadable.map((place) => `${place}: @req without an id such as X-34`),
  ];
  return { requirements, mistakes, problems };
}

function missingProofs(row: RequirementRow): string[] {
  const owed = owedProofs(row.requirement);
  const missing = [
    ...(owed.includes('implementation') && row.citations.length === 0 ? ['no implementation'] : []),
    ...(owed.includes('test') && row.titles.length === 0 ? ['no test'] : []),
  ];
  return missing.map((what) => `${row.requirement.id}: ${what} and no exception that says why`);
}

function unknownNames(catalogue: Catalogue, { citations, titles }: Findings): string[] {
  const ids = new Set(catalogue.requirements.map(({ id }) => id));
  const numbers = new Set(catalogue.mistakes.map(({ number }) => number));
  const fromCode = citations
    .filter(({ id }) => !ids.has(id))
    .map(({ id, file, line }) => `${file}:${line}: cites the unknown ${id}`);
  const fromTests = titles.flatMap(({ file, title, ids: cited, mistakes }) => [
    ...cited.filter((id) => !ids.has(id)).map((id) => `${file}: '${title}' names the unknown ${id}`),
    ...mistakes
      .filter((n) => !numbers.has(n))
      .map((n) => `${file}: '${title}' names the unknown mistake ${n}`),
  ]);
  return [...fromCode, ...fromTests];
}
