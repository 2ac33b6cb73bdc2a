/**
 * Work on a token with nothing but the PKCS#11 binding, in a process of its own: keys of any kind are made and
 * deleted, and known answers are asked for. Imports nothing of the code under test, so that what it says of a
 * token is a second opinion. Every call logs in anew, so the PIN must be known to be right.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ProvisionedToken } from './token-kind.ts';
import type { WorkbenchJob, WorkbenchOrder, WorkbenchResults } from './workbench-orders.ts';

/** What a process needs to reach a token; without `label` and `pin`, only what is public can be asked. */
export type TokenAccess = Pick<ProvisionedToken, 'paths' | 'env' | 'libraryParameters'> &
  Partial<Pick<ProvisionedToken, 'label' | 'pin'>>;

/** Does one job and resolves with what came of it; rejects with what the module said when the token cannot be reached. */
export async function atWorkbench<J extends WorkbenchJob>(
  token: TokenAccess,
  job: J,
): Promise<WorkbenchResults[J['do']]> {
  const { paths, label, pin, libraryParameters } = token;
  const order: WorkbenchOrder = {
    module: paths.module,
    job,
    ...(libraryParameters !== undefined && { libraryParameters }),
    ...(label !== undefined && { label }),
    ...(pin !== undefined && { pin }),
  };
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...process.env, ...token.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let answer = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const closed = once(child, 'close');
  child.stdin.end(JSON.stringify(order));
  const [code] = await closed;
  if (code !== 0)
    throw new Error(`the workbench could not ${job.do} (${code}): ${complaint.slice(0, 2_000)}`);
  return JSON.parse(answer) as WorkbenchResults[J['do']];
}

/** For a module that hangs. */
const TIMEOUT_MS = 300_000;
const ENTRY = join(import.meta.dirname, 'workbench-entry.ts');
