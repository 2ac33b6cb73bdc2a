/** Rows under a line of headings, in columns as wide as their widest cell. */
export function textTable(headings: readonly string[], cells: readonly (readonly string[])[]): string {
  const rows = [headings, ...cells];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => {
      const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      return `${line.trimEnd()}\n`;
    })
    .join('');
}
