/**
 * The processes of a run. Each measured program has one of its own, so that none of them borrows the heap or
 * the event loop of another; none outlives the run.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import { StartedProcess } from '../../test/support/started-process.ts';
import { BenchFault } from './bench-fault.ts';

/** Programs that tools/bench.ts itself holds: `node tools/bench.ts --part <name>`, job as JSON on standard input. */
export type PartName = 'token-loop' | 'echo' | 'steady' | 'device-loop' | 'device-fleet' | 'algorithm-loop';

export function startPart(
  name: PartName,
  job: unknown,
  env: Readonly<Record<string, string>> = {},
): StartedProcess {
  const child = spawn(process.execPath, [BENCH, '--part', name], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdin.end(JSON.stringify(job));
  return keep(new StartedProcess(child));
}

/** Runs a part to its end; what it printed is its result. */
export async function runPart<T>(name: PartName, job: unknown, env?: Record<string, string>): Promise<T> {
  await using part = startPart(name, job, env);
  const how = await part.exited;
  if (how !== 0) throw new BenchFault(`${name} ended (${how}):\n${part.output}`);
  return JSON.parse(part.stdout) as T;
}

export async function readJob<T>(): Promise<T> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return JSON.parse(text) as T;
}

export function startProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): StartedProcess {
  return keep(new StartedProcess(spawn(command, args, { ...options, detached: true })));
}

/** Makes the end of this process, Ctrl-C included, the end of all it started. */
export function endWithChildren(): void {
  process.once('exit', () => {
    for (const { pid } of started) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Nothing is left of it: good.
      }
    }
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
}

function keep(child: StartedProcess): StartedProcess {
  started.add(child);
  void child.exited.catch(() => undefined).finally(() => started.delete(child));
  return child;
}

const started = new Set<StartedProcess>();
const BENCH = join(import.meta.dirname, '..', 'bench.ts');
