/** Spawning a token host. Its environment is an allowlist, and nothing secret is in its arguments. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../domain/ports/log.ts';

export interface HostProcess {
  readonly pid: number;
  /** Frames travel here: one end of a socket pair that the child inherits. */
  readonly socket: Duplex;
  /** Resolves with how it ended. */
  readonly exited: Promise<string>;
  /** SIGKILL: a hung module listens to nothing less. */
  kill(): void;
}

export type SpawnHost = (options: {
  env: Readonly<Record<string, string>>;
  token: string;
  log: Log;
}) => HostProcess;

export const spawnTokenHost: SpawnHost = ({ env, token, log }) => {
  const child = spawn(process.execPath, [HOST_ENTRY], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...env },
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line !== '')
        log.debug('token-host.stderr', { token, pid: child.pid, line: line.slice(0, MAX_LINE_CHARS) });
    }
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exited with code ${code}` : `ended by ${signal}`),
    );
  });
  return {
    pid: child.pid ?? 0,
    socket: child.stdio[3] as Duplex,
    exited,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};

// The entry file has this file's own extension: .ts as it is, .js when built.
const HERE = fileURLToPath(import.meta.url);
const HOST_ENTRY = path.join(path.dirname(HERE), '..', 'host', `entry${path.extname(HERE)}`);
const MAX_LINE_CHARS = 500;
