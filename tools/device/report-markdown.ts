/** A device report as a page to read. */
import type { DeviceReport } from './device-report.ts';

export function reportMarkdown(report: DeviceReport): string {
  const { token, counts } = report;
  return `${[
    `# ${token.manufacturer} ${token.model}`,
    table(
      ['', ''],
      [
        ['Library', token.library],
        ['Firmware', token.firmware],
        ['Token', `${token.label}, serial ${token.serialEnd}`],
        ['Profile', report.profile],
        ['Portcullis', report.portcullis],
        ['Made', report.madeAt],
        ['Tests', `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`],
      ],
    ),
    '## Known answers',
    table(['Mechanism', 'Answer'], Object.entries(report.knownAnswers)),
    '## Tests',
    table(
      ['Test', 'Outcome'],
      report.tests.map(({ name, state, reason }) => [name, reason === '' ? state : `${state}: ${reason}`]),
    ),
    '## Mechanisms',
    table(
      ['Mechanism', 'Key sizes'],
      report.mechanisms.map(({ name, minKeySize, maxKeySize }) => [name, `${minKeySize} – ${maxKeySize}`]),
    ),
  ].join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '--'), ...rows].map(row).join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
}
