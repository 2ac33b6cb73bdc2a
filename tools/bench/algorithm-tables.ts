/** The tables of `npm run bench -- kms-algorithms`. */
import { type AlgorithmPoint, type AlgorithmsRun, type Disturbance, OUTSIDE_LOOP } from './algorithms-run.ts';
import { median } from './distribution.ts';
import { yesNo } from './table-parts.ts';
import { circumstances, count, ms, ratio, table } from './table-text.ts';

/** Headings are those below a chapter's. */
export function renderAlgorithms(run: AlgorithmsRun): string {
  const { machine } = run;
  return [
    [
      ...circumstances(run),
      `- ${machine.cores} × ${machine.cpu}, ${machine.memoryMb} MB, Linux ${machine.kernel}`,
      `- Node.js ${machine.node}, OpenSSL ${machine.openssl}, SoftHSM ${machine.softhsm}`,
    ].join('\n'),
    '### Algorithms: aims',
    aimTable(run),
    '### Algorithms: symmetric Encrypt beside slow work',
    disturbanceTable(run),
    '### Algorithms: every operation with every spec',
    pointTable(run),
  ].join('\n\n');
}

function aimTable(run: AlgorithmsRun): string {
  const work = disturbers(run).filter((by) => by !== OUTSIDE_LOOP);
  const rows = work.map((by) => {
    const times = p99Ratio(run, by);
    return [`p99 of Encrypt beside ${by}`, '≤ 1.5 ×', `${ratio(times)} ×`, yesNo(times <= MOST_TIMES)];
  });
  return table(['Aim', 'Wanted', 'Measured', 'Met'], rows);
}

function disturbanceTable(run: AlgorithmsRun): string {
  const rows = ['', ...disturbers(run)].map((by) => {
    const runs = run.disturbances.filter((each) => each.by === by);
    const of = (read: (each: Disturbance) => number): number => median(runs.map(read));
    return [
      by === '' ? 'nothing else' : by,
      by === '' || by === OUTSIDE_LOOP ? '' : rate(of(({ besidePerSecond }) => besidePerSecond)),
      ms(of(({ p50Ms }) => p50Ms)),
      ms(of(({ p99Ms }) => p99Ms)),
      by === '' ? '' : ratio(p99Ratio(run, by)),
      ms(of(({ p999Ms }) => p999Ms)),
      String(runs.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  const [first] = run.disturbances;
  return [
    `Encrypt at a steady ${count(first?.ratePerSecond ?? 0)}/s; medians of the runs, which take turns with runs that nothing disturbs.`,
    table(['Beside', 'its rate/s', 'p50 ms', 'p99 ms', 'p99, ×', 'p99.9 ms', 'Errors'], rows),
  ].join('\n\n');
}

function pointTable({ points }: AlgorithmsRun): string {
  return [
    `One call after the other on each connection; (a) is the same work alone, in one process: private halves by the token's own calls, the rest by the library that does it in the engine or in its token host.`,
    table(
      [
        'Operation',
        'Spec',
        'Algorithm',
        'Connections',
        'Calls/s',
        'p50 ms',
        'p99 ms',
        '(a) by',
        '(a)/s',
        'c/a',
      ],
      points.map(pointRow),
    ),
  ].join('\n\n');
}

function pointRow(point: AlgorithmPoint): string[] {
  const { operation, spec, algorithm, connections, perSecond, p50Ms, p99Ms, raw } = point;
  return [
    ...[operation, spec, algorithm, String(connections), rate(perSecond), ms(p50Ms), ms(p99Ms)],
    ...[raw.where, rate(raw.perSecond), ratio(perSecond / raw.perSecond)],
  ];
}

/**
 * Of each round's disturbed run against the median of the undisturbed ones of that round; the median. One undisturbed run
 * alone says little: what else a machine does moves its p99 by a factor of three.
 */
export function p99Ratio(run: AlgorithmsRun, by: string): number {
  const p99s = (name: string): number[] =>
    run.disturbances.filter((each) => each.by === name).map(({ p99Ms }) => p99Ms);
  const perRound = disturbers(run).length;
  const undisturbed = p99s('');
  const usual = (round: number): number =>
    median(undisturbed.slice(round * perRound, (round + 1) * perRound));
  return median(p99s(by).map((p99Ms, round) => p99Ms / usual(round)));
}

function disturbers({ disturbances }: AlgorithmsRun): string[] {
  return [...new Set(disturbances.map(({ by }) => by))].filter((by) => by !== '');
}

function rate(perSecond: number): string {
  return perSecond < 100 ? String(perSecond) : count(perSecond);
}

const MOST_TIMES = 1.5;
