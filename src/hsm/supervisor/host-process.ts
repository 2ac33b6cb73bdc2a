/** Spawning a token host. Its environment is an allowlist, and nothing secret is in its arguments. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Log } from '../../domain/ports/log.ts';

export interface HostProcess {
  readonly pid: number;
  /** Frames travel here: one end of a socket pair that the child inherits. */
  readonly socket: Duplex;
  /** Resolves when it has ended. */
  readonly exited: Promise<HostExit>;
  /** SIGKILL: a hung module listens to nothing less. */
  kill(): void;
}

export interface HostExit {
  /** `exited with code 1`, `ended by SIGSEGV`. */
  readonly how: string;
  /** It ended of its own doing: a crash in the module, most likely. */
  readonly crashed: boolean;
}

/** Fault `unavailable` when the system gives no process or no descriptors. */
export type SpawnHost = (options: {
  env: Readonly<Record<string, string>>;
  token: string;
  niceness: number;
  log: Log;
}) => HostProcess;

export const spawnTokenHost: SpawnHost = ({ env, token, niceness, log }) => {
  const child = trySpawn(env);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line !== '')
        log.debug('token-host.stderr', { token, pid: child.pid, line: line.slice(0, MAX_LINE_CHARS) });
    }
  });
  const exited = new Promise<HostExit>((resolve) => {
    child.once('error', (error) =>
      resolve({ how: `could not be started: ${error.message}`, crashed: false }),
    );
    child.once('exit', (code, signal) =>
      resolve({
        how: signal === null ? `exited with code ${code}` : `ended by ${signal}`,
        crashed: signal === null ? code !== 0 : CRASH_SIGNALS.has(signal),
      }),
    );
  });
  const socket = child.stdio?.[INHERITED_SOCKET_FD];
  const lifeline = child.stdio?.[LIFELINE_FD];
  if (!(socket instanceof Duplex) || child.pid === undefined) {
    throw new HsmFault('unavailable', 'the system gave no descriptors for a token host');
  }
  if (niceness > 0) makeNicer(child.pid, niceness, log);
  // Never written to: its end is what tells the host that this process is gone.
  lifeline?.on('error', () => undefined);
  return {
    pid: child.pid,
    socket,
    exited,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};

/** A process that stays as urgent as the others works just as well. */
function makeNicer(pid: number, niceness: number, log: Log): void {
  try {
    setPriority(pid, niceness);
  } catch (error) {
    log.debug('token-host.priority', { pid, cause: error });
  }
}

function trySpawn(env: Readonly<Record<string, string>>): ReturnType<typeof spawn> {
  try {
    const child = spawn(process.execPath, [HOST_ENTRY], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...env },
    });
    child.on('error', () => undefined);
    return child;
  } catch (cause) {
    throw new HsmFault('unavailable', 'the token host process cannot be started', { cause });
  }
}

// The entry file has this file's own extension: .ts as it is, .js when built.
const HERE = fileURLToPath(import.meta.url);
const HOST_ENTRY = path.join(path.dirname(HERE), '..', 'host', `entry${path.extname(HERE)}`);
const INHERITED_SOCKET_FD = 3;
const LIFELINE_FD = 4;
const MAX_LINE_CHARS = 500;
const CRASH_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
]);
