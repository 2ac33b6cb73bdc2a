/**
 * `npm run nightly`: what takes too long for every change. Chaos, kills, fuzzing and mutated requirements, each
 * from a seed that repeats it, every return value of PKCS#11, and a summary in docs/evidence. Fails when one of them does.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Part {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

interface PartResult extends Part {
  readonly passed: boolean;
  readonly seconds: number;
  readonly lines: readonly string[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const startedAt = new Date().toISOString();
  const seed = values.seed ?? startedAt.slice(0, 10).replaceAll('-', '');
  const results: PartResult[] = [];
  const { only } = values;
  for (const part of parts({ ...values, seed })) {
    if (only === undefined || only.includes(part.name)) results.push(await run(part));
  }
  const file = join('docs', 'evidence', `nightly-${startedAt.slice(0, 10)}.md`);
  writeFileSync(join(ROOT, file), summary(startedAt, results));
  for (const { name, passed, seconds } of results)
    print(`${passed ? 'ok    ' : 'FAILED'} ${seconds.toFixed(0).padStart(6)} s  ${name}`);
  print(`nightly: wrote ${file}`);
  return results.every(({ passed }) => passed) ? 0 : 1;
}

function parts(values: {
  seconds: string;
  'fuzz-factor': string;
  sample: string;
  'budget-seconds': string;
  crashes: string;
  seed: string;
}): Part[] {
  const { seed, seconds, crashes } = values;
  const times = (count: number): string => String(Math.round(count * Number(values['fuzz-factor'])));
  const budget = ['--budget-seconds', values['budget-seconds']];
  return [
    {
      name: 'chaos',
      command: ['vitest', 'run', '--project', 'chaos'],
      env: {
        CHAOS_SECONDS: seconds,
        CHAOS_SEED: seed,
        KMS_CRASH_COUNT: crashes,
        KMS_CRASH_SEED: seed,
        KMS_EVENT_KILLS: crashes,
        KMS_EVENT_SEED: seed,
      },
    },
    { name: 'recovery', command: ['vitest', 'run', '--project', 'recovery'], env: {} },
    {
      name: 'store crashes',
      command: ['vitest', 'run', '--project', 'contract', 'record-store-crash'],
      env: { CRASH_COUNT: crashes, CRASH_SEED: seed },
    },
    {
      name: 'fuzz',
      command: ['vitest', 'run', '--project', 'fuzz'],
      env: {
        FRAME_FUZZ_COUNT: times(1_000_000),
        FRAME_FUZZ_SEED: seed,
        HTTP_FUZZ_COUNT: times(30_000),
        HTTP_FUZZ_SEED: seed,
        SIGV4_FUZZ_COUNT: times(60_000),
        SIGV4_FUZZ_SEED: seed,
        KMS_FUZZ_COUNT: times(30_000),
        KMS_FUZZ_SEED: seed,
      },
    },
    {
      name: 'oaep timing',
      command: ['vitest', 'run', '--project', 'contract', 'oaep-timing'],
      env: { OAEP_SAMPLES: times(100_000) },
    },
    {
      name: 'return values',
      command: ['vitest', 'run', '--project', 'starts', 'return-values'],
      env: { RETURN_VALUES: 'all' },
    },
    {
      name: 'requirements',
      command: [
        'node',
        'tools/requirements.ts',
        '--mutate',
        '--sample',
        values.sample,
        '--seed',
        seed,
        ...budget,
      ],
      env: {},
    },
  ];
}

/** Shows everything, and keeps the lines that say what was done. */
function run(part: Part): Promise<PartResult> {
  const [command, ...args] = part.command;
  print(`\n── ${part.name}`);
  const startMs = performance.now();
  const child = spawn(command, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Thousands of token hosts start in a night: they load code that an earlier one compiled.
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, ...part.env, NO_COLOR: '1' },
  });
  const end = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', end);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', end);
      const seconds = (performance.now() - startMs) / 1000;
      resolve({ ...part, passed: code === 0, seconds, lines: account(output) });
    });
  });
}

/** Lines in which a test or tool accounts for itself, and the counts at the end; no paths. */
function account(output: string): string[] {
  return output
    .split('\n')
    .filter((line) =>
      /^(?:chaos|kms crashes|kms events|store crashes|frames|http|sigv4 fuzz|kms fuzz, [^:]+|oaep timing|requirements|return values): |^\s+Tests? +\d|^X-\d+ /.test(
        line,
      ),
    )
    .map((line) => line.trim());
}

function summary(startedAt: string, results: readonly PartResult[]): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain') === '' ? '' : ', with changes that are not committed';
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const sections = results.map(({ name, command, env, passed, seconds, lines }) => {
    const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    const shown = ['```', [...settings, ...command].join(' '), '', ...lines, '```'];
    return [`## ${name}: ${passed ? 'passed' : 'FAILED'} in ${Math.round(seconds)} s`, '', ...shown, ''];
  });
  return [
    `# Nightly run of ${startedAt.slice(0, 10)}`,
    '',
    `Portcullis ${version}, commit ${git('rev-parse', 'HEAD')}${changed}; started ${startedAt}; Node.js`,
    `${process.version}, ${availableParallelism()} cores, ${cpus()[0]?.model.trim()}.`,
    '',
    ...sections.flat(),
  ].join('\n');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ROOT = join(import.meta.dirname, '..');
const COMPILE_CACHE = join(ROOT, 'coverage', 'compile-cache');
const OPTIONS = {
  /** Of load, for each fault. */
  seconds: { type: 'string', default: '60' },
  /** Times as many cases as `npm test` tries, of frames five times that: 10 makes 10^7 of them. */
  'fuzz-factor': { type: 'string', default: '10' },
  /** Kills of an engine, and of a store. */
  crashes: { type: 'string', default: '200' },
  sample: { type: 'string', default: '150' },
  'budget-seconds': { type: 'string', default: '3600' },
  seed: { type: 'string' },
  /** Names of parts; all of them unless given. */
  only: { type: 'string', multiple: true },
} as const;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
