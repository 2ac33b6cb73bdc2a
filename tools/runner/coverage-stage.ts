/**
 * Merges the coverage of all test processes and of the processes they started, and holds it against the bars:
 * pure rooms whole, every other room nine tenths.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';
import { type FileCoverage, judgeCoverage } from './judge-coverage.ts';
import { runCommand } from './run-command.ts';
import { check, type Stage } from './stage.ts';

export const COVERAGE_DIRECTORY = 'coverage';
/** Where Node.js writes one file for each process (NODE_V8_COVERAGE); absolute, since children change folders. */
export const RAW_COVERAGE_DIRECTORY = join(process.cwd(), COVERAGE_DIRECTORY, 'raw');

/** Forgets what earlier runs measured. */
export function clearCoverage(): void {
  rmSync(COVERAGE_DIRECTORY, { recursive: true, force: true });
}

export function coverageStage(): Stage {
  return check('coverage', async () => {
    const untestable = typeOnlyFiles();
    const exclusions = untestable.flatMap((file) => ['--exclude', file]);
    const directories = ['--temp-directory', RAW_COVERAGE_DIRECTORY, '--reports-dir', COVERAGE_DIRECTORY];
    const scope = ['--all', '--src', 'src', '--include', 'src/**/*.ts', ...exclusions];
    const reporters = ['--reporter', 'json-summary', '--reporter', 'text'];
    const reported = await runCommand('c8', ['report', ...directories, ...scope, ...reporters]);
    if (!reported) return false;

    const { problems, lines } = judgeCoverage(readSummary(), readIgnoreComments());
    for (const line of lines) process.stdout.write(`${line}\n`);
    process.stdout.write(`not counted: ${untestable.length} files that hold types alone\n`);
    for (const problem of problems) process.stdout.write(`PROBLEM ${problem}\n`);
    return problems.length === 0;
  });
}

function readSummary(): FileCoverage[] {
  const text = readFileSync(join(COVERAGE_DIRECTORY, 'coverage-summary.json'), 'utf8');
  const summary = JSON.parse(text) as Record<string, Omit<FileCoverage, 'file'>>;
  return Object.entries(summary)
    .filter(([file]) => file !== 'total')
    .map(([file, coverage]) => ({ ...coverage, file: relative(join(process.cwd(), 'src'), file) }));
}

/** Comments that take lines out of the count, each with the line above it, where its reason has to stand. */
function readIgnoreComments(): { place: string; reason: string }[] {
  return sourceFiles().flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((line, index) => {
      if (!/\b[cv]8 ignore (?!stop)/.test(line)) return [];
      const reason = /^\s*\/\/\s*(.+)/.exec(lines[index - 1] ?? '')?.[1] ?? '';
      return [{ place: `${file}:${index + 1}`, reason }];
    });
  });
}

/** Files that leave no code behind once their types are stripped: nothing ever loads them. */
function typeOnlyFiles(): string[] {
  return sourceFiles().filter((file) => {
    const code = stripTypeScriptTypes(readFileSync(file, 'utf8'))
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/^\s*\/\/.*$/gm, '');
    return /^[\s;]*$/.test(code);
  });
}

function sourceFiles(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name));
}
