/** The tables of `npm run bench -- kms`. */
import { BenchFault } from './bench-fault.ts';
import type { ProfileSummary } from './bench-run.ts';
import { median } from './distribution.ts';
import type { KmsPoint, KmsRun, KmsSeries } from './kms-run.ts';
import { areaTable, functionTable, latency, yesNo } from './table-parts.ts';
import { circumstances, count, ratio, share, table } from './table-text.ts';

/** Headings are those below a chapter's. */
export function renderKms(run: KmsRun): string {
  return [
    machineLines(run),
    '### The engine: aims',
    aimTable(run),
    '### The engine: the token alone (a)',
    tokenTable(run),
    '### The engine: bare HTTP (b) and the engine (c)',
    pointTable(run),
    errorLine(run),
    '### The engine: few keys and many',
    seriesTable(run),
    '### The engine: start-up',
    startTable(run),
    '### The engine: memory',
    memoryTable(run),
    '### The engine: where the time goes',
    profileText(run),
  ].join('\n\n');
}

function machineLines(run: KmsRun): string {
  const { machine, message } = run;
  return [
    ...circumstances(run),
    `- ${machine.cores} × ${machine.cpu}, ${machine.memoryMb} MB, Linux ${machine.kernel}`,
    `- Node.js ${machine.node}, OpenSSL ${machine.openssl}, SoftHSM ${machine.softhsm}, wrk ${machine.wrk}`,
    `- ${message.plaintextBytes} bytes of plaintext, two pairs of encryption context; ${message.requestBytes} bytes of request, ${message.replyBodyBytes} of answer`,
  ].join('\n');
}

function aimTable(run: KmsRun): string {
  const { perSecond } = pointOf(run, 'engine', 'Encrypt', 16);
  const byTwo = findPoint(run, 'pair', 'Encrypt', 16);
  const most = Math.max(...run.starts.map(({ keys }) => keys));
  const startMs = median(startsOf(run, most).map(({ encryptedMs }) => encryptedMs));
  const hot = timesSlower(run, most, 'hot');
  const uniform = timesSlower(run, most, 'uniform');
  return table(
    ['Aim', 'Wanted', 'Measured', 'Met'],
    [
      rateRow('Encrypt, 16 connections, fastest measurement', perSecond),
      ...(byTwo === undefined ? [] : [rateRow('the same, two engines on one port', byTwo.perSecond)]),
      [
        `Encrypt, hot set of ${count(most)} keys, time a request`,
        '≤ 1.1 ×',
        `${ratio(hot)} ×`,
        yesNo(hot <= 1.1),
      ],
      [
        `Encrypt, uniform over ${count(most)} keys, time a request`,
        '≤ 2 ×',
        `${ratio(uniform)} ×`,
        yesNo(uniform <= 2),
      ],
      [
        `From the start until the first Encrypt, ${count(most)} keys`,
        '≤ 2,000 ms',
        `${count(startMs)} ms`,
        yesNo(startMs <= 2_000),
      ],
    ],
  );
}

function rateRow(what: string, perSecond: number): string[] {
  return [what, '≥ 8,600/s', `${count(perSecond)}/s`, yesNo(perSecond >= 8_600)];
}

function tokenTable({ tokenLoops }: KmsRun): string {
  return table(
    ['', 'Calls of a message/s', 'with AES-GCM in that process/s'],
    tokenLoops.map((loop, index) => [
      index === 0 ? 'before the rest' : 'after it',
      count(loop.callsPerSecond),
      count(loop.sealPerSecond),
    ]),
  );
}

function pointTable(run: KmsRun): string {
  const token = Math.max(...run.tokenLoops.map(({ callsPerSecond }) => callsPerSecond));
  const rows = run.points.map((point) => {
    const ofEngine = point.server !== 'echo';
    const bare = pointOf(run, 'echo', 'Encrypt', point.connections);
    return [
      String(point.connections),
      { echo: 'bare HTTP', engine: point.operation, pair: `${point.operation}, two engines` }[point.server],
      count(point.perSecond),
      count(median(point.rates)),
      ofEngine ? ratio(point.perSecond / token) : '',
      ofEngine ? ratio(point.perSecond / bare.perSecond) : '',
      ...latency(point),
      point.serverCpuMicros.toFixed(0),
      point.hostCpuMicros?.toFixed(0) ?? '',
    ];
  });
  const measurements = run.points[0]?.rates.length ?? 0;
  const lead = `The fastest of ${measurements} measurements, which took turns; beside its rate the median of all rates. (a) is the faster of its two.`;
  const rates = table(
    [
      ...['Connections', 'Operation', 'Requests/s', 'median', 'c/a', 'c/b', 'p50 ms', 'p99 ms', 'p99.9 ms'],
      ...['CPU µs: server', 'CPU µs: host'],
    ],
    rows,
  );
  return [lead, rates].join('\n\n');
}

/** One row for each series; each figure is the median of the rounds'. */
function seriesTable(run: KmsRun): string {
  const [first = []] = run.rounds;
  const rows = first.map(({ keys, access }) => {
    const series = seriesOf(run, keys, access);
    return [
      count(keys),
      access,
      count(median(series.map(({ perSecond }) => perSecond))),
      ratio(timesSlower(run, keys, access)),
      median(series.map(({ serverCpuMicros }) => serverCpuMicros)).toFixed(0),
      median(series.map(({ hostCpuMicros = 0 }) => hostCpuMicros)).toFixed(0),
    ];
  });
  const firstRate = median(run.rounds.map(([few]) => few?.perSecond ?? Number.NaN));
  const firsts = run.firstUses.map((series) => [
    count(series.keys),
    'first use of each',
    count(series.perSecond),
    ratio(firstRate / series.perSecond),
    series.serverCpuMicros.toFixed(0),
    series.hostCpuMicros?.toFixed(0) ?? '',
  ]);
  return [
    `Encrypt at 16 connections; ${run.rounds.length} rounds, each of all rows one after the other, when every key has been used. Figures are medians of the rounds; first uses were measured once, before.`,
    table(
      ['Keys', 'Access', 'Requests/s', 'Time a request, × first row', 'CPU µs: engine', 'CPU µs: host'],
      [...rows, ...firsts],
    ),
  ].join('\n\n');
}

function startTable(run: KmsRun): string {
  const sizes = [...new Set(run.starts.map(({ keys }) => keys))];
  return table(
    ['Keys', 'Starts', 'Listens after, ms (median)', 'Encrypts after, ms (median)', 'at most'],
    sizes.map((keys) => {
      const starts = startsOf(run, keys);
      return [
        count(keys),
        String(starts.length),
        count(median(starts.map(({ listeningMs }) => listeningMs))),
        count(median(starts.map(({ encryptedMs }) => encryptedMs))),
        count(Math.max(...starts.map(({ encryptedMs }) => encryptedMs))),
      ];
    }),
  );
}

function memoryTable({ memory }: KmsRun): string {
  return table(
    ['Keys', 'When', 'Engine, MB', 'Token host, MB'],
    memory.map(({ keys, when, engineMb, hostMb }) => [
      count(keys),
      when,
      engineMb.toFixed(0),
      hostMb.toFixed(0),
    ]),
  );
}

function errorLine({ points, firstUses, rounds }: KmsRun): string {
  const loads = [...points, ...firstUses, ...rounds.flat()];
  const ofPoints = points.reduce((sum, { allRequests }) => sum + allRequests, 0);
  const requests = [...firstUses, ...rounds.flat()].reduce((sum, load) => sum + load.requests, ofPoints);
  const errors = loads.reduce((sum, load) => sum + load.errors, 0);
  return `Requests in all: ${count(requests)}; without a right answer: ${count(errors)}.`;
}

function profileText({ profile }: KmsRun): string {
  const { engine, host, connections, requests } = profile;
  const each = ({ busySeconds, idleSeconds }: ProfileSummary): string =>
    `busy ${share(busySeconds / (busySeconds + idleSeconds))} of the time, ${((busySeconds / requests) * 1e6).toFixed(0)} µs a request`;
  return [
    `Encrypt, ${connections} connections, under the profiler: the engine was ${each(engine)}; the token host ${each(host)}.`,
    'The engine, by who the time is spent for:',
    areaTable(engine),
    'The engine, by function:',
    functionTable(engine),
    'The token host, by who the time is spent for:',
    areaTable(host),
  ].join('\n\n');
}

/** Median over the rounds of how much longer a request took than over the fewest keys. */
function timesSlower(run: KmsRun, keys: number, access: KmsSeries['access']): number {
  return median(
    run.rounds.map((round) => {
      const [first] = round;
      const series = round.find((each) => each.keys === keys && each.access === access);
      return (first?.perSecond ?? Number.NaN) / (series?.perSecond ?? Number.NaN);
    }),
  );
}

function seriesOf({ rounds }: KmsRun, keys: number, access: KmsSeries['access']): KmsSeries[] {
  return rounds.flat().filter((series) => series.keys === keys && series.access === access);
}

function startsOf({ starts }: KmsRun, keys: number): KmsRun['starts'] {
  return starts.filter((start) => start.keys === keys);
}

function pointOf(
  run: KmsRun,
  server: KmsPoint['server'],
  operation: KmsPoint['operation'],
  connections: number,
): KmsPoint {
  const found = findPoint(run, server, operation, connections);
  if (found === undefined) throw new BenchFault(`the run lacks ${operation} at ${connections} connections`);
  return found;
}

function findPoint(
  { points }: KmsRun,
  server: KmsPoint['server'],
  operation: KmsPoint['operation'],
  connections: number,
): KmsPoint | undefined {
  return points.find(
    (point) => point.server === server && point.operation === operation && point.connections === connections,
  );
}
