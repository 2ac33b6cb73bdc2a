/**
 * Shows that citations mean something: a cited function, made to throw, must turn a test red that carries the
 * same id. Works in a copy; a test counts only when it was green before the mutation.
 */
import { requirementIds } from './ids.ts';
import type { Findings } from './matrix.ts';
import { mutateSource } from './mutate-source.ts';
import { RequirementsFault } from './requirements-fault.ts';
import { type RunTests, runTests, type TestRun } from './run-tests.ts';
import { sample } from './sample.ts';
import { WorkCopy } from './work-copy.ts';

export type Verdict = 'killed' | 'hung' | 'survived' | 'not green before' | 'did not run' | 'no time left';

export interface Trial {
  readonly id: string;
  readonly file: string;
  readonly declaration: string;
  /** Green tests that carry the id. */
  readonly tests: number;
  readonly verdict: Verdict;
}

export interface TrialReport {
  readonly trials: readonly Trial[];
  /** Cited declarations that a throw cannot be put into: types, whole modules. */
  readonly unmutable: number;
  /** Cited ids and functions to choose from. */
  readonly candidates: number;
}

export interface TrialOptions {
  readonly root: string;
  readonly findings: Findings;
  readonly sampleSize: number;
  readonly seed: number;
  /** For all runs together. */
  readonly budgetMs: number;
  readonly runTests?: RunTests;
  readonly report?: (trial: Trial) => void;
}

/** Undecided trials (`not green before`, `did not run`, `no time left`) prove nothing; the caller must not call them passed. */
export async function tryMutants(options: TrialOptions): Promise<TrialReport> {
  using copy = new WorkCopy(options.root);
  const run = options.runTests ?? runTests;
  const endMs = performance.now() + options.budgetMs;
  const { candidates, unmutable } = candidatesOf(copy, options.findings);
  const chosen = sample(candidates, options.sampleSize, options.seed);
  const files = [...new Set(chosen.flatMap((candidate) => candidate.testFiles))].sort();
  const baseline =
    chosen.length === 0 ? undefined : await run(copy.root, { files, timeoutMs: options.budgetMs / 2 });
  if (baseline !== undefined) requireThatTestsRan(baseline, files);
  const trials: Trial[] = [];
  for (const candidate of chosen) {
    const green = [...(baseline?.passed ?? [])].filter((name) => requirementIds(name).includes(candidate.id));
    const verdict = await judge({ copy, run, candidate, green, leftMs: endMs - performance.now() });
    const { id, file, declaration } = candidate;
    const trial = { id, file, declaration, tests: green.length, verdict };
    options.report?.(trial);
    trials.push(trial);
  }
  return { trials, unmutable, candidates: candidates.length };
}

/** Else every verdict would be `not green before`, which blames the tests for what the runner met. */
function requireThatTestsRan({ passed, failed, broken, hung }: TestRun, files: readonly string[]): void {
  if (passed.size + failed.size + broken.length > 0 || hung) return;
  throw new RequirementsFault(
    `none of ${files.length} test files ran before the first mutation; npx vitest run with all of them says why: ${files.join(' ')}`,
  );
}

interface Candidate {
  readonly id: string;
  readonly file: string;
  readonly declaration: string;
  readonly mutant: string;
  /** Files with a title that carries the id. */
  readonly testFiles: readonly string[];
}

/** One for each id and function; ids without tests are the check's business. */
function candidatesOf(copy: WorkCopy, findings: Findings): { candidates: Candidate[]; unmutable: number } {
  const candidates = new Map<string, Candidate>();
  const unmutable = new Set<string>();
  for (const { id, file, declaration } of findings.citations) {
    const key = `${id} ${file} ${declaration.name}`;
    const testFiles = [
      ...new Set(findings.titles.filter(({ ids }) => ids.includes(id)).map((title) => title.file)),
    ];
    if (testFiles.length === 0) continue;
    const mutant = mutateSource(copy.read(file), declaration);
    if (mutant === undefined) unmutable.add(key);
    else candidates.set(key, { id, file, declaration: declaration.name, mutant: mutant.text, testFiles });
  }
  return { candidates: [...candidates.values()], unmutable: unmutable.size };
}

async function judge(trial: {
  copy: WorkCopy;
  run: RunTests;
  candidate: Candidate;
  green: readonly string[];
  leftMs: number;
}): Promise<Verdict> {
  const { copy, run, candidate, green, leftMs } = trial;
  if (green.length === 0) return 'not green before';
  if (leftMs < LEAST_RUN_MS) return 'no time left';
  using _mutant = copy.replace(candidate.file, candidate.mutant);
  const { passed, failed, broken, hung } = await run(copy.root, {
    files: [...new Set(green.map((name) => name.slice(0, name.indexOf(': '))))],
    only: green,
    timeoutMs: Math.min(leftMs, MOST_RUN_MS),
  });
  if (hung) return 'hung';
  if (broken.length > 0 || green.some((name) => failed.has(name))) return 'killed';
  return green.every((name) => passed.has(name)) ? 'survived' : 'did not run';
}

const LEAST_RUN_MS = 5_000;
const MOST_RUN_MS = 60_000;
