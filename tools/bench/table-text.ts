/** Figures and tables as Markdown. */

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
export const QUIET_SHARE = 0.1;
