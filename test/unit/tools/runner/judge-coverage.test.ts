import { describe, expect, it } from 'vitest';
import { type FileCoverage, judgeCoverage } from '../../../../tools/runner/judge-coverage.ts';

const WHOLE = { total: 10, covered: 10 };
const whole = (file: string): FileCoverage => ({ file, lines: WHOLE, branches: WHOLE, functions: WHOLE });
const PURE = [whole('domain/a.ts'), whole('engine/xks/a.ts'), whole('sigv4/a.ts')];

describe('judgeCoverage', () => {
  it('is content with pure rooms that are whole and others at nine tenths', () => {
    const nearly = { ...whole('hsm/a.ts'), lines: { total: 10, covered: 9 } };

    expect(judgeCoverage([...PURE, nearly], []).problems).toStrictEqual([]);
  });

  it('wants every line, branch and function of a pure file', () => {
    const hole = { total: 1000, covered: 999 };
    const files = [...PURE, { file: 'sigv4/b.ts', lines: hole, branches: hole, functions: hole }];

    expect(judgeCoverage(files, []).problems).toStrictEqual([
      'sigv4/b.ts: lines 99.90 %, 100 % is the bar',
      'sigv4/b.ts: branches 99.90 %, 100 % is the bar',
      'sigv4/b.ts: functions 99.90 %, 100 % is the bar',
    ]);
  });

  it('judges another room as a whole', () => {
    const poor = { ...whole('hsm/b.ts'), branches: { total: 10, covered: 7 } };

    expect(judgeCoverage([...PURE, whole('hsm/a.ts'), poor], []).problems).toStrictEqual([
      'hsm: branches 85.00 %, 90 % is the bar',
    ]);
  });

  it('takes an empty measurement for a fault', () => {
    expect(judgeCoverage([], []).problems).toStrictEqual([
      'domain: nothing was measured',
      'engine: nothing was measured',
      'sigv4: nothing was measured',
    ]);
  });

  it('lists exclusions and wants a reason for each', () => {
    const ignored = [
      { place: 'src/a.ts:3', reason: 'only on big-endian machines' },
      { place: 'src/b.ts:5', reason: '' },
    ];
    const verdict = judgeCoverage(PURE, ignored);

    expect(verdict.lines).toContain('excluded src/a.ts:3: only on big-endian machines');
    expect(verdict.problems).toStrictEqual([
      'src/b.ts:5: an exclusion needs its reason in a comment on the line above',
    ]);
  });
});
