/** The command line as a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type StartedProcess, startProcess } from '../support/started-process.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function portcullis(...args: string[]): Promise<CommandResult> {
  return promisify(execFile)(process.execPath, [PORTCULLIS, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Starts `portcullis proxy` and waits for its token to be ready, or for another event that it logs. */
export async function startedProxy(configFile: string, event = 'token-host.ready'): Promise<StartedProcess> {
  const proxy = startProcess(process.execPath, [PORTCULLIS, 'proxy', '--config', configFile]);
  await proxy.said(`"event":"${event}"`);
  return proxy;
}

/** The program itself, for Node.js to run. */
export const PORTCULLIS = join(fileURLToPath(new URL('../..', import.meta.url)), 'src/cli/portcullis.ts');
