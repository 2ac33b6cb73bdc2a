/** Figures and tables as Markdown. */
import type { BenchRun } from './bench-run.ts';

/** When a run was made, what else the machine did meanwhile, and of which code: what every table stands under. */
export function circumstances(
  run: Pick<BenchRun, 'startedAt' | 'seconds' | 'quick' | 'othersShare' | 'machine'>,
): string[] {
  const { startedAt, seconds, quick, othersShare, machine } = run;
  return [
    `- ${startedAt}, ${seconds} s${quick ? ', **quick: too few samples**' : ''}; load before: ${machine.loadBefore.join(', ')}`,
    `- programs other than these used ${share(othersShare)} of the processors meanwhile${othersShare > QUIET_SHARE ? ': **not a quiet machine, the figures are worse than they should be**' : ''}`,
    `- commit ${machine.commit.slice(0, 12)}${machine.dirty ? ', **with changes that are not committed**' : ''}`,
  ];
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '--')), ...rows.map(line)].join('\n');
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function ms(value: number): string {
  return value.toFixed(2);
}

export function ratio(value: number): string {
  return value.toFixed(2);
}

export function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** Kernel threads that work for us are among the others. */
const QUIET_SHARE = 0.1;
