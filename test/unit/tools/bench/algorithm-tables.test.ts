import { expect, it } from 'vitest';
import { p99Ratio, renderAlgorithms } from '../../../../tools/bench/algorithm-tables.ts';
import {
  type AlgorithmsRun,
  type Disturbance,
  OUTSIDE_LOOP,
} from '../../../../tools/bench/algorithms-run.ts';

it('compares each disturbed run with the undisturbed ones of its round, and takes the median', () => {
  expect(p99Ratio(RUN, 'Sign RSA_4096')).toBe(1.5);
  const disturbances = [
    ...[steady('', 2), steady('a', 3), steady('', 4), steady('b', 6)],
    ...[steady('', 5), steady('a', 20), steady('', 5), steady('b', 5)],
    ...[steady('', 1), steady('a', 4), steady('', 3), steady('b', 8)],
  ];
  expect(p99Ratio({ ...RUN, disturbances }, 'a')).toBe(2);
  expect(p99Ratio({ ...RUN, disturbances }, 'b')).toBe(2);
});

it('shows each aim with what was measured', () => {
  expect(renderAlgorithms(RUN)).toContain('| p99 of Encrypt beside Sign RSA_4096 | ≤ 1.5 × | 1.50 × | yes |');
});

it('shows what a loop outside of the engine does, and holds it to nothing', () => {
  const disturbances = [...RUN.disturbances.slice(0, 2), steady('', 2), steady(OUTSIDE_LOOP, 6)];
  const text = renderAlgorithms({ ...RUN, disturbances });
  expect(text).toContain(`| ${OUTSIDE_LOOP} |  | 1.00 | 6.00 | 3.00 |`);
  expect(text).not.toContain(`p99 of Encrypt beside ${OUTSIDE_LOOP}`);
});

it('shows each operation beside the same work without the engine', () => {
  expect(renderAlgorithms(RUN)).toContain(
    '| Sign | RSA_4096 | RSASSA_PSS_SHA_256 | 4 | 50 | 20.00 | 41.00 | token | 80 | 0.63 |',
  );
});

function steady(by: string, p99Ms: number): Disturbance {
  return {
    ...{ by, p50Ms: 1, p99Ms, p999Ms: 9, maxMs: 10 },
    ...{ ratePerSecond: 500, requests: 3_000, errors: 0, besidePerSecond: by === '' ? 0 : 42 },
  };
}

const RUN: AlgorithmsRun = {
  ...{ format: 1, quick: false, startedAt: '2026-01-02T03:04:05.000Z', seconds: 60, othersShare: 0.01 },
  machine: {
    ...{ cores: 2, cpu: 'a processor', memoryMb: 1_000, kernel: '6', loadBefore: [0, 0, 0], wrk: '4' },
    ...{ node: 'v24', openssl: '3.5', softhsm: '2.6', commit: 'c'.repeat(40), dirty: false },
  },
  points: [
    {
      ...{ operation: 'Sign', spec: 'RSA_4096', algorithm: 'RSASSA_PSS_SHA_256', connections: 4 },
      ...{ requests: 50, perSecond: 50, p50Ms: 20, p99Ms: 41, raw: { where: 'token', perSecond: 80 } },
    },
  ],
  disturbances: [
    ...[steady('', 2), steady('Sign RSA_4096', 3)],
    ...[steady('', 4), steady('Sign RSA_4096', 4)],
    ...[steady('', 2), steady('Sign RSA_4096', 8)],
  ],
  commands: [],
};
