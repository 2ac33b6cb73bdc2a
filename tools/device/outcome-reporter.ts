/** A vitest reporter that writes how each test ended to the file in OUTCOMES_FILE. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { TestOutcome } from './device-report.ts';

export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env['OUTCOMES_FILE'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(modules.flatMap(outcomes)));
  }
}

function outcomes(module: TestModule): TestOutcome[] {
  return [...module.children.allTests()].map((test) => {
    const result = test.result();
    if (result.state === 'skipped')
      return { name: test.fullName, state: 'skipped', reason: result.note ?? '' };
    return { name: test.fullName, state: result.state === 'passed' ? 'passed' : 'failed', reason: '' };
  });
}
