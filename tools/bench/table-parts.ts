/** Tables and cells that more than one kind of run has. */
import type { Latency, ProfileSummary } from './bench-run.ts';
import { ms, share, table } from './table-text.ts';

export function areaTable({ areas }: ProfileSummary): string {
  return table(
    ['', 'Share'],
    areas.map((row) => [row.area, share(row.share)]),
  );
}

export function functionTable({ functions }: ProfileSummary): string {
  const rows = functions.map((row) => [`\`${row.name}\``, row.file, share(row.share)]);
  const rest = 1 - functions.reduce((sum, row) => sum + row.share, 0);
  return table(['Function', 'File', 'Share, itself'], [...rows, ['all others', '', share(rest)]]);
}

export function latency(point: Latency): string[] {
  return [ms(point.p50Ms), ms(point.p99Ms), ms(point.p999Ms)];
}

export function yesNo(met: boolean): string {
  return met ? 'yes' : '**no**';
}
