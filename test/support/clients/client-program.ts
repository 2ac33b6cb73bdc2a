/** Programs that are clients of an engine, in whatever language: made ready once, run with an engine in their environment. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestKms } from '../../../src/testing.ts';

/** What can be run, or why it cannot on this machine: that is the reason of a skip. */
export type ClientProgram =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly absent: string };

/**
 * Runs it to its end, and resolves to the JSON that it printed; `request` is the JSON that it finds on standard input.
 * Rejects with all of its output when it fails.
 */
export async function runClient(
  program: ClientProgram,
  kms: TestKms,
  request: unknown = {},
): Promise<unknown> {
  if ('absent' in program) return undefined;
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: kms.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: kms.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: kms.credentials.secretAccessKey,
  };
  const running = promisify(execFile)(program.command, program.args, { env });
  running.child.stdin?.end(JSON.stringify(request));
  return JSON.parse((await running).stdout);
}

/** Resolves to its standard output. */
export async function toolOutput(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<string> {
  return (await promisify(execFile)(command, args, options)).stdout;
}

/** Whether version `found` comes before `needed`; both are numbers with points between them. */
export function isOlder(found: string, needed: string): boolean {
  return found.localeCompare(needed, 'en', { numeric: true }) < 0;
}
