/**
 * `HSM_MODULE=… HSM_PIN=… npm run test:device`: the contract suite over a token of your own, and a report of what
 * it can do. Exit codes: 0 passed, 1 failed or refused, 2 a variable is missing or wrong.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OwnTokenFault, openOwnToken } from '../test/support/tokens/own-token.ts';
import { atWorkbench } from '../test/support/tokens/workbench.ts';
import { deviceReport, reportName, type TestOutcome } from './device/device-report.ts';
import { reportMarkdown } from './device/report-markdown.ts';
import { runCommand, stopOnSignals } from './runner/run-command.ts';

async function main(): Promise<number> {
  const own = await openOwnToken(process.env);
  const { token, seen, profile } = own;
  print(
    `testing token '${seen.label}' (${seen.manufacturer} ${seen.model}) with the profile ${profile.name}`,
  );
  const mechanisms = await atWorkbench(token, { do: 'list mechanisms' });
  const knownAnswers = await atWorkbench(token, { do: 'ask known answers' });
  const directory = resolve(process.env['HSM_REPORT_DIR'] || REPORT_DIRECTORY);
  mkdirSync(directory, { recursive: true });
  const { passed, tests } = await runSuite(join(directory, 'outcomes.json'));
  const report = deviceReport({ ...own, mechanisms, knownAnswers, tests, at: new Date() });
  const base = join(directory, reportName(report));
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${base}.md`, reportMarkdown(report));
  print(`what the token can do: ${base}.md and ${base}.json`);
  return passed ? 0 : 1;
}

async function runSuite(file: string): Promise<{ passed: boolean; tests: readonly TestOutcome[] }> {
  rmSync(file, { force: true });
  const reporter = join(import.meta.dirname, 'device', 'outcome-reporter.ts');
  const args = ['run', '--project', 'device', '--reporter=default', `--reporter=${reporter}`];
  const passed = await runCommand('vitest', args, {
    env: { OUTCOMES_FILE: file },
    timeoutMs: SUITE_TIMEOUT_MS,
  });
  if (!existsSync(file)) return { passed: false, tests: [] };
  const tests = JSON.parse(readFileSync(file, 'utf8')) as TestOutcome[];
  rmSync(file);
  return { passed, tests };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const REPORT_DIRECTORY = join('var', 'test-device');
/** A card that makes RSA keys takes its time. */
const SUITE_TIMEOUT_MS = 3_600_000;

stopOnSignals();
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof OwnTokenFault)) throw error;
  process.stderr.write(`test:device: ${error.message}\n`);
  process.exitCode = error.code === 'usage' ? 2 : 1;
}
