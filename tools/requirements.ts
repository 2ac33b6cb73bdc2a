#!/usr/bin/env node
/**
 * Keeps the claim "this implements X-34" honest. Without options it writes docs/requirements/xks.md; `--check`
 * fails when the page is stale or a binding requirement lacks code, a test or a reasoned exception; `--mutate`
 * makes a sample of cited functions throw and fails when their tests stay green.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCatalogue } from './requirements/catalogue.ts';
import { renderDocument } from './requirements/document.ts';
import { buildMatrix, type Findings, type Matrix } from './requirements/matrix.ts';
import { type Trial, tryMutants } from './requirements/mutation-trial.ts';
import { readTree } from './requirements/read-tree.ts';
import { RequirementsFault } from './requirements/requirements-fault.ts';

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const root = values.root;
  const findings = readTree(root);
  if (values.mutate) {
    return mutate(root, findings, {
      sampleSize: wholeNumber('--sample', values.sample),
      seed: wholeNumber('--seed', values.seed),
      budgetMs: wholeNumber('--budget-seconds', values['budget-seconds']) * 1000,
    });
  }
  const matrix = buildMatrix(readCatalogue(join(root, CATALOGUE)), findings);
  return values.check ? check(root, matrix) : write(root, matrix);
}

function check(root: string, matrix: Matrix): number {
  const path = join(root, DOCUMENT);
  const isFresh = existsSync(path) && readFileSync(path, 'utf8') === renderDocument(matrix);
  const stale = isFresh ? [] : [`${DOCUMENT}: stale; run node tools/requirements.ts and commit the result`];
  const problems = [...matrix.problems, ...stale];
  for (const problem of problems) print(problem);
  print(`requirements: ${matrix.requirements.length} listed, ${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}

function write(root: string, matrix: Matrix): number {
  writeFileSync(join(root, DOCUMENT), renderDocument(matrix));
  print(`requirements: wrote ${DOCUMENT}; ${matrix.problems.length} problems (--check lists them)`);
  return 0;
}

async function mutate(
  root: string,
  findings: Findings,
  options: { sampleSize: number; seed: number; budgetMs: number },
): Promise<number> {
  print(`requirements: seed ${options.seed}, sample of ${options.sampleSize}`);
  print(row(['id', 'verdict', 'tests', 'function']));
  const { trials, unmutable, candidates } = await tryMutants({
    root,
    findings,
    ...options,
    report: printTrial,
  });
  const red = trials.filter(({ verdict }) => verdict === 'killed' || verdict === 'hung').length;
  print(`requirements: ${red} of ${trials.length} mutants turned their tests red`);
  print(
    `requirements: chosen from ${candidates}; ${unmutable} more are types or modules, without a body to mutate`,
  );
  return trials.length > 0 && red === trials.length ? 0 : 1;
}

function printTrial({ id, verdict, tests, file, declaration }: Trial): void {
  print(row([id, verdict, String(tests), `${file} ${declaration}`]));
}

function row([id = '', verdict = '', tests = '', place = '']: readonly string[]): string {
  return `${id.padEnd(6)}${verdict.padEnd(18)}${tests.padStart(5)}  ${place}`;
}

function wholeNumber(option: string, value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new RequirementsFault(`${option} ${value}: expected a whole number`);
  return Number(value);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const CATALOGUE = 'docs/requirements/xks.yaml';
const DOCUMENT = 'docs/requirements/xks.md';
const OPTIONS = {
  check: { type: 'boolean', default: false },
  mutate: { type: 'boolean', default: false },
  sample: { type: 'string', default: '12' },
  seed: { type: 'string', default: '1' },
  'budget-seconds': { type: 'string', default: '600' },
  root: { type: 'string', default: join(import.meta.dirname, '..') },
} as const;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (fault) {
  process.stderr.write(`requirements: ${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = 2;
}
