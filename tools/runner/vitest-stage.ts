/** A stage that is one vitest project of vitest.config.ts. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { COVERAGE_DIRECTORY, RAW_COVERAGE_DIRECTORY } from './coverage-stage.ts';
import { runCommand } from './run-command.ts';
import type { Counts, Stage } from './stage.ts';
import { stripForProcesses } from './stripped-code.ts';

/** With `coverage`, the test processes and all that they start leave their coverage for the coverage stage. */
export function vitestStage(project: string, options: StageOptions): Stage {
  return {
    name: project,
    run: async () => {
      mkdirSync(COVERAGE_DIRECTORY, { recursive: true });
      const countsFile = join(COVERAGE_DIRECTORY, `${project}.counts.json`);
      rmSync(countsFile, { force: true });
      const args = ['run', '--project', project, '--reporter=default', `--reporter=${REPORTER}`];
      const env = {
        COUNTS_FILE: countsFile,
        ...(options.coverage && {
          NODE_V8_COVERAGE: RAW_COVERAGE_DIRECTORY,
          ...stripForProcesses(STRIPPED_DIRECTORY),
        }),
        ...(options.compileCache === true && { NODE_COMPILE_CACHE: COMPILE_CACHE_DIRECTORY }),
      };
      const succeeded = await runCommand('vitest', args, { env });
      return withExitCode(readCounts(countsFile), succeeded);
    },
  };
}

export interface StageOptions {
  readonly coverage: boolean;
  /**
   * Processes that the tests start load code that an earlier one compiled, which takes half the time. What V8 counts of such
   * code is less than what ran, so not where coverage is measured: there it is only spared the types (stripped-code.ts).
   */
  readonly compileCache?: boolean;
}

/** The exit code has the last word: a run that failed for a reason that no test shows is still a failure. */
function withExitCode(counts: Counts, succeeded: boolean): Counts {
  if (succeeded && counts.passed + counts.skips.length > 0) return counts;
  return { ...counts, failed: Math.max(counts.failed, 1) };
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 1, skips: [] };
  }
}

/** Absolute, since children change folders. */
const COMPILE_CACHE_DIRECTORY = join(process.cwd(), COVERAGE_DIRECTORY, 'compile-cache');
const STRIPPED_DIRECTORY = join(COVERAGE_DIRECTORY, 'stripped');
const REPORTER = join(import.meta.dirname, 'counting-reporter.ts');
