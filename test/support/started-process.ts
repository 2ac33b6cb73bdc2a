/**
 * A program started in a session of its own, as a terminal or a service manager would, so that a test can signal
 * it or its whole process group and then see whether any process of it is left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface StartOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a command; `await using` ends whatever is left of it. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): StartedProcess {
  const env = { ...process.env, ...options.env };
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return new StartedProcess(
    spawn(command, args, {
      env,
      stdio: [...stdio],
      detached: true,
      ...(options.cwd && { cwd: options.cwd }),
    }),
  );
}

export class StartedProcess implements AsyncDisposable {
  readonly pid: number;
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
    });
  }

  /** Resolves once standard output or error holds `text`; rejects with all output when the process ends first. */
  async said(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.stdout.includes(text) || this.stderr.includes(text)) resolve();
    };
    this.#child.stdout?.on('data', look);
    this.#child.stderr?.on('data', look);
    this.exited.then(
      (how) => reject(new Error(`ended (${how}) without saying '${text}':\n${this.output}`)),
      reject,
    );
    look();
    await promise;
  }

  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** What Ctrl-C does in a terminal: every process of the group has it. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Command lines of the processes of this session that still run, whatever group they moved to. */
  survivors(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && sessionOf(name) === this.pid)
      .map((name) => readProc(name, 'cmdline').replaceAll('\0', ' ').trim());
  }

  /** Asks first: a process that is killed leaves no coverage behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    const force = setTimeout(() => this.#signalRest('SIGKILL'), PATIENCE_MS);
    this.#signalRest('SIGTERM');
    await this.exited.catch(() => undefined);
    clearTimeout(force);
    this.#signalRest('SIGKILL');
  }

  #signalRest(signal: NodeJS.Signals): void {
    try {
      this.signalGroup(signal);
    } catch {
      // Nothing is left of the group: good.
    }
  }
}

/** The session id of a running process; zombies have ended and count as gone. */
function sessionOf(pid: string): number | undefined {
  // The command name, in parentheses, may itself hold spaces and parentheses.
  const [state, , , session] = readProc(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  return state === undefined || state === 'Z' ? undefined : Number(session);
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

const PATIENCE_MS = 5_000;
