/** Runs stages one after the other, all of them even when one fails, and prints the account at the end. */
import { cpus } from 'node:os';
import type { Counts, Finding, Stage } from './stage.ts';

interface StageRun {
  readonly name: string;
  readonly seconds: number;
  /** How many processors were busy on average, with whatever this machine did. */
  readonly busy: number;
  readonly counts: Counts;
}

/** Resolves to the exit code. The last line on standard output is `N passed, N failed, N skipped`. */
export async function runStages(stages: readonly Stage[], print = printLine): Promise<0 | 1> {
  const runs: StageRun[] = [];
  for (const stage of stages) {
    print(`\n── ${stage.name}`);
    const startMs = performance.now();
    const busyBefore = busyMs();
    const counts = await stage.run().catch((error: unknown): Counts => {
      print(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return { passed: 0, failed: 1, skips: [] };
    });
    const ms = performance.now() - startMs;
    runs.push({ name: stage.name, seconds: ms / 1000, busy: (busyMs() - busyBefore) / ms, counts });
  }
  return report(runs, print);
}

function report(runs: readonly StageRun[], print: (line: string) => void): 0 | 1 {
  print('\n── seconds and busy processors of each stage, and its slowest files');
  for (const run of runs) print(timeLine(run));
  const all = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  print(`${all.toFixed(1).padStart(7)}       all`);

  const skips = runs.flatMap(({ counts }) => counts.skips);
  if (skips.length > 0) print('\n── skipped');
  for (const { name, reason } of skips) print(`${name}: ${reason === '' ? 'NO REASON GIVEN' : reason}`);
  const unexplained = skips.filter(({ reason }) => reason === '').length;

  list(
    'passed at the second try',
    runs.flatMap(({ counts }) => counts.secondTries ?? []),
    print,
  );
  list(
    'failed',
    runs.flatMap(({ counts }) => counts.failures ?? []),
    print,
  );

  const passed = runs.reduce((sum, { counts }) => sum + counts.passed, 0);
  const failed = runs.reduce((sum, { counts }) => sum + counts.failed, unexplained);
  print('');
  print(`${passed} passed, ${failed} failed, ${skips.length - unexplained} skipped`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function timeLine({ name, seconds, busy, counts }: StageRun): string {
  const verdict = counts.failed > 0 ? 'FAILED' : 'ok';
  const files = (counts.slowest ?? []).map((file) => `${file.name} ${Math.round(file.seconds)}`);
  const line = `${seconds.toFixed(1).padStart(7)}  ${busy.toFixed(1)}  ${name.padEnd(16)} ${verdict.padEnd(6)}  ${files.join(', ')}`;
  return line.trimEnd();
}

/** Since the machine was started. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

function list(title: string, findings: readonly Finding[], print: (line: string) => void): void {
  if (findings.length > 0) print(`\n── ${title}`);
  for (const { name, message } of findings) print(`${name}: ${message}`);
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
