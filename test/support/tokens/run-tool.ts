/** Programs of other projects that prepare a token. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resolves with its standard output; rejects with what it said when it fails. */
export async function runTool(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { env: { ...process.env, ...env } });
  return stdout;
}
