/** Runs vitest over a few test files of a copied project and says which tests passed. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export interface TestRun {
  /** `file: full title` of every test that passed. */
  readonly passed: ReadonlySet<string>;
  /** Of every test that ran and failed. */
  readonly failed: ReadonlySet<string>;
  /** Files that could not be loaded or set up, so that their tests did not run. */
  readonly broken: readonly string[];
  /** The run outlived its time and was killed. */
  readonly hung: boolean;
}

export interface NamedTest {
  readonly file: string;
  /** Titles from the outermost suite inwards, joined as `--testNamePattern` sees them. */
  readonly title: string;
}

export interface TestChoice {
  readonly files: readonly string[];
  /** Names as {@link testName} gives them: only these run, and the first that fails ends the run. */
  readonly only?: readonly string[];
  readonly timeoutMs: number;
}

export type RunTests = (root: string, choice: TestChoice) => Promise<TestRun>;

function testName({ file, title }: NamedTest): string {
  return `${file}: ${title}`;
}

export const runTests: RunTests = async (root, { files, only, timeoutMs }) => {
  const report = join(root, '.requirements-report.json');
  rmSync(report, { force: true });
  const args = [...files, '--reporter=json', `--outputFile=${report}`, ...selection(only)];
  const hung = await runVitest(root, args, timeoutMs);
  const results = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report).testResults : [];
  const outcomes = results.map((result) => outcomeOf(root, result));
  return {
    passed: new Set(outcomes.flatMap(({ passed }) => passed)),
    failed: new Set(outcomes.flatMap(({ failed }) => failed)),
    broken: outcomes.filter(({ isBroken }) => isBroken).map(({ file }) => file),
    hung,
  };
};

function selection(only: readonly string[] | undefined): string[] {
  if (only === undefined) return [];
  const titles = only.map((name) => name.slice(name.indexOf(': ') + 2).replaceAll(REGEX_SYNTAX, '\\$&'));
  return [`--testNamePattern=^(?:${[...new Set(titles)].join('|')})$`, '--bail=1'];
}

/** The child leads a process group of its own, so that nothing it started outlives it. */
function runVitest(root: string, args: readonly string[], timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', '--coverage.enabled=false', ...args], {
      cwd: root,
      detached: true,
      stdio: 'ignore',
      env: childEnvironment(),
    });
    let hung = false;
    const killGroup = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      hung = true;
      killGroup();
    }, timeoutMs);
    process.once('exit', killGroup);
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      process.off('exit', killGroup);
      resolve(hung);
    });
  });
}

/** Without the marks of a surrounding test run, and without a place to write coverage of mutants to. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_V8_COVERAGE$|TEST$)/.test(name),
  );
  return Object.fromEntries(kept);
}

function outcomeOf(root: string, { name, status, assertionResults }: FileResult): FileOutcome {
  const file = relative(root, name).split(sep).join('/');
  const named = (wanted: string): string[] =>
    assertionResults
      .filter((result) => result.status === wanted)
      .map(({ ancestorTitles, title }) => testName({ file, title: [...ancestorTitles, title].join(' > ') }));
  const failed = named('failed');
  return { file, passed: named('passed'), failed, isBroken: status === 'failed' && failed.length === 0 };
}

interface FileOutcome {
  readonly file: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly isBroken: boolean;
}

interface Report {
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly {
    readonly ancestorTitles: readonly string[];
    readonly title: string;
    readonly status: string;
  }[];
}

const REGEX_SYNTAX = /[.*+?^${}()|[\]\\/]/g;
