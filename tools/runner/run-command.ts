/** Starts one command at a time in a process group of its own, so that nothing it starts outlives the run. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Resolves to whether it exited with 0 in time. Its output goes where ours goes; it has no standard input. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<boolean> {
  const { env = {}, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  const timer = setTimeout(() => {
    process.stdout.write(`${command} ${args.join(' ')} was stopped after ${timeoutMs / 1000} s\n`);
    killGroup(child);
  }, timeoutMs);
  child.once('error', reject);
  child.once('exit', (code) => {
    clearTimeout(timer);
    running.delete(child);
    resolve(code === 0);
  });
  return promise;
}

/** Makes SIGINT and SIGTERM end the run and every process it started. */
export function stopOnSignals(): void {
  for (const [signal, exitCode] of EXIT_CODES) {
    process.once(signal, () => {
      for (const child of running) killGroup(child);
      process.exit(exitCode);
    });
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

const running = new Set<ChildProcess>();
const DEFAULT_TIMEOUT_MS = 600_000;
const EXIT_CODES = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
