/** The tables of `npm run bench -- devices`. */
import type { DeviceRun } from './device-run.ts';
import { circumstances, count, ms, ratio, table } from './table-text.ts';

export function renderDevices(run: DeviceRun): string {
  const { plaintextBytes, aadBytes } = run.message;
  return [
    [
      ...circumstances(run),
      `- ${plaintextBytes} bytes of plaintext, ${aadBytes} of associated data; one token host for each token`,
    ].join('\n'),
    schemeTable(run),
    withoutLines(run),
  ].join('\n\n');
}

function schemeTable({ tokens }: DeviceRun): string {
  const rows = tokens.flatMap(({ token, schemes }) =>
    schemes.map(({ scheme, raw, fleet }) => [
      token,
      `\`${scheme}\``,
      String(raw.calls),
      micros(raw.callsPerSecond),
      micros(raw.sealPerSecond),
      ms(fleet.alone.p50Ms),
      ms(fleet.alone.p99Ms),
      count(fleet.sealPerSecond),
      count(fleet.openPerSecond),
      ratio(fleet.sealPerSecond / raw.callsPerSecond),
      String(fleet.errors),
    ]),
  );
  return table(
    [
      ...['Token', 'Scheme', 'Calls', 'Calls alone, µs', 'Encrypt in that process, µs'],
      ...[
        'Through a host: p50 ms',
        'p99 ms',
        '16 at a time: Encrypt/s',
        'Decrypt/s',
        'Encrypt/calls',
        'Errors',
      ],
    ],
    rows,
  );
}

function withoutLines({ tokens, absent }: DeviceRun): string {
  const lacking = tokens.flatMap(({ token, without }) =>
    without.map(({ scheme, reason }) => `- ${token} without \`${scheme}\`: ${reason}`),
  );
  const missing = absent.map(({ token, reason }) => `- ${token} was not measured: ${reason}`);
  return [...lacking, ...missing].join('\n') || 'Every token has every scheme.';
}

function micros(perSecond: number): string {
  return (1_000_000 / perSecond).toFixed(1);
}
