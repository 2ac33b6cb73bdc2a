import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TrialReport, tryMutants } from '../../../../tools/requirements/mutation-trial.ts';
import { readTree } from '../../../../tools/requirements/read-tree.ts';
import type { TestRun } from '../../../../tools/requirements/run-tests.ts';
import { sample } from '../../../../tools/requirements/sample.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'src/sum.ts': '/** @req X-01 */\nexport function sum(a: number, b: number): number {\n  return a + b;\n}\n',
  'src/unwatched.ts': '// @req X-02\nexport const unwatched = (): number => 1;\n',
  'src/type.ts': '// @req X-01\nexport interface Sum {}\n',
  'test/sum.test.ts': `import { describe, expect, it } from 'vitest';
import { sum } from '../src/sum.ts';
describe('sums [of two]', () => {
  it('X-01: adds', () => expect(sum(1, 2)).toBe(3));
  it.for(['X-01: (a) | b?'])('%s is $1', () => expect(sum(2, 2)).toBe(4));
});
`,
  'test/unwatched.test.ts': `import { expect, it } from 'vitest';
import { unwatched } from '../src/unwatched.ts';
it('X-02: a test that asserts nothing', () => expect(typeof unwatched).toBe('function'));
it('another test of the same file does not count', () => expect(unwatched()).toBe(1));
`,
};

const GREEN: ReadonlySet<string> = new Set(['test/sum.test.ts: sums [of two] > X-01: adds']);
const NOTHING: TestRun = { passed: new Set(), failed: new Set(), broken: [], hung: false };

describe('a trial of mutants', () => {
  let root = '';
  let report: TrialReport = { trials: [], unmutable: 0, candidates: 0 };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'mutation-trial-'));
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    report = await tryMutants({ root, findings: readTree(root), sampleSize: 10, seed: 7, budgetMs: 120_000 });
  }, 120_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('finds the planted survivor and no other', () => {
    const verdicts = report.trials.map(({ id, declaration, tests, verdict }) => ({
      id,
      declaration,
      tests,
      verdict,
    }));
    expect(verdicts.sort((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: 'X-01', declaration: 'sum', tests: 2, verdict: 'killed' },
      { id: 'X-02', declaration: 'unwatched', tests: 1, verdict: 'survived' },
    ]);
  });

  test('counts what cannot be mutated', () => {
    expect({ unmutable: report.unmutable, candidates: report.candidates }).toEqual({
      unmutable: 1,
      candidates: 2,
    });
  });

  test('leaves the original as it was', () => {
    expect(readFileSync(join(root, 'src/sum.ts'), 'utf8')).toBe(FILES['src/sum.ts']);
    expect(existsSync(join(root, '.requirements-report.json'))).toBe(false);
  });

  test('gives up when no test ran at all, and names the files', async () => {
    const trial = tryMutants({
      ...{ root, findings: readTree(root), sampleSize: 1, seed: 7, budgetMs: 60_000 },
      runTests: async () => NOTHING,
    });
    await expect(trial).rejects.toThrow(
      /^none of 1 test files ran before the first mutation; .*test\/sum\.test\.ts/,
    );
  });

  test.for([
    { what: 'a test that was red before', after: {}, before: { failed: GREEN }, verdict: 'not green before' },
    { what: 'a test that fails', before: { passed: GREEN }, after: { failed: GREEN }, verdict: 'killed' },
    {
      what: 'a file that does not load',
      before: { passed: GREEN },
      after: { broken: ['a'] },
      verdict: 'killed',
    },
    { what: 'a test that passes', before: { passed: GREEN }, after: { passed: GREEN }, verdict: 'survived' },
    { what: 'a test that is not run', before: { passed: GREEN }, after: {}, verdict: 'did not run' },
    { what: 'a run that is killed', before: { passed: GREEN }, after: { hung: true }, verdict: 'hung' },
  ])('judges $what', async ({ before, after, verdict }) => {
    const results: Partial<TestRun>[] = [before, after];
    const findings = readTree(root);
    const { trials } = await tryMutants({
      root,
      findings: { ...findings, citations: findings.citations.filter(({ file }) => file === 'src/sum.ts') },
      sampleSize: 1,
      seed: 1,
      budgetMs: 60_000,
      runTests: async () => ({ ...NOTHING, ...results.shift() }),
    });
    expect(trials.map((trial) => trial.verdict)).toEqual([verdict]);
  });
});

describe('sampling', () => {
  test('the same seed picks the same, another seed another', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(sample(items, 10, 5)).toEqual(sample(items, 10, 5));
    expect(sample(items, 10, 5)).not.toEqual(sample(items, 10, 6));
  });

  test('never picks twice nor more than there is', () => {
    expect(sample([1, 2, 3], 9, 1).sort()).toEqual([1, 2, 3]);
  });
});
