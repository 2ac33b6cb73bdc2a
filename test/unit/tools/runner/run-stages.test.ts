import { describe, expect, it } from 'vitest';
import { runStages } from '../../../../tools/runner/run-stages.ts';
import { check, type Skip, type Stage } from '../../../../tools/runner/stage.ts';

const tests = (passed: number, failed: number, skips: readonly Skip[] = []): Stage => ({
  name: 'tests',
  run: async () => ({ passed, failed, skips }),
});

async function lastLine(
  ...stages: Stage[]
): Promise<{ code: number; last: string | undefined; all: string }> {
  const lines: string[] = [];
  const code = await runStages(stages, (line) => lines.push(line));
  return { code, last: lines.at(-1), all: lines.join('\n') };
}

describe('runStages', () => {
  it('adds up tests and checks, and ends with the counts', async () => {
    const result = await lastLine(
      check('lint', async () => true),
      tests(3, 0),
      tests(4, 0),
    );

    expect(result).toMatchObject({ code: 0, last: '8 passed, 0 failed, 0 skipped' });
    expect(result.all).toMatch(/ \d+\.\d {2}\d+\.\d {2}lint +ok\n/);
  });

  it('names the files of a stage that took longest', async () => {
    const slowest = [
      { name: 'a.test.ts', seconds: 61.2 },
      { name: 'b.test.ts', seconds: 7.9 },
    ];
    const result = await lastLine({
      name: 'tests',
      run: async () => ({ passed: 1, failed: 0, skips: [], slowest }),
    });

    expect(result.all).toMatch(/ tests +ok +a\.test\.ts 61, b\.test\.ts 8\n/);
  });

  it('goes on after a failure, and fails', async () => {
    const result = await lastLine(
      check('lint', async () => false),
      tests(3, 2),
    );

    expect(result).toMatchObject({ code: 1, last: '3 passed, 3 failed, 0 skipped' });
    expect(result.all).toMatch(/lint +FAILED\n/);
  });

  it('counts a stage that breaks as a failure', async () => {
    const broken = check('types', () => Promise.reject(new Error('no compiler')));

    expect(await lastLine(broken, tests(1, 0))).toMatchObject({
      code: 1,
      last: '1 passed, 1 failed, 0 skipped',
    });
  });

  it('lists skips with their reasons before the counts', async () => {
    const result = await lastLine(tests(1, 0, [{ name: 'on a card', reason: 'no card reader' }]));

    expect(result).toMatchObject({ code: 0, last: '1 passed, 0 failed, 1 skipped' });
    expect(result.all).toContain('\non a card: no card reader\n');
  });

  it('takes a skip without a reason for a failure', async () => {
    const result = await lastLine(tests(1, 0, [{ name: 'on a card', reason: '' }]));

    expect(result).toMatchObject({ code: 1, last: '1 passed, 1 failed, 0 skipped' });
  });

  it('names what failed, and what passed at the second try only, right before the counts', async () => {
    const result = await lastLine({
      name: 'tests',
      run: async () => ({
        passed: 2,
        failed: 1,
        skips: [],
        failures: [{ name: 'a.test.ts > adds', message: 'expected 1 to be 2' }],
        secondTries: [{ name: 'b.test.ts > waits', message: 'timed out' }],
      }),
    });

    expect(result.code).toBe(1);
    expect(result.all).toMatch(
      /── passed at the second try\nb\.test\.ts > waits: timed out\n\n── failed\na\.test\.ts > adds: expected 1 to be 2\n\n2 passed/,
    );
  });

  it('fails when nothing ran', async () => {
    expect(await lastLine()).toMatchObject({ code: 1, last: '0 passed, 0 failed, 0 skipped' });
  });
});
