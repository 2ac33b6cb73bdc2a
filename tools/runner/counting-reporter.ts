/** A vitest reporter that writes the counts of a run, and each skip with its reason, to the file in COUNTS_FILE. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Counts, Finding, Skip, TimedFile } from './stage.ts';

export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env['COUNTS_FILE'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(countTests(modules, unhandledErrors)));
  }
}

function countTests(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Counts {
  let passed = 0;
  // A file that does not load has no tests, and an error outside of any test fails none.
  let failed = unhandledErrors.length + modules.filter((module) => module.errors().length > 0).length;
  const skips: Skip[] = [];
  const failures: Finding[] = [];
  const secondTries: Finding[] = [];
  for (const module of modules) {
    const errors = module.errors();
    if (errors.length > 0) failures.push(finding(module.relativeModuleId, errors));
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed += 1;
      if (result.state === 'passed' && test.diagnostic()?.flaky === true) {
        secondTries.push(finding(`${module.relativeModuleId} > ${test.fullName}`, result.errors ?? []));
      }
      if (result.state === 'failed') {
        failures.push(finding(`${module.relativeModuleId} > ${test.fullName}`, result.errors));
      }
      if (result.state === 'skipped') skips.push({ name: test.fullName, reason: result.note ?? '' });
      if (result.state === 'failed' || result.state === 'pending') failed += 1;
    }
  }
  return { passed, failed, skips, failures, secondTries, slowest: slowestOf(modules) };
}

function finding(name: string, errors: readonly { readonly message: string }[]): Finding {
  return { name, message: (errors[0]?.message ?? '').split('\n')[0]?.slice(0, MESSAGE_LENGTH) ?? '' };
}

function slowestOf(modules: readonly TestModule[]): TimedFile[] {
  return modules
    .map((module) => ({ name: module.relativeModuleId, seconds: module.diagnostic().duration / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, NAMED_AS_SLOW);
}

const NAMED_AS_SLOW = 3;
const MESSAGE_LENGTH = 300;
