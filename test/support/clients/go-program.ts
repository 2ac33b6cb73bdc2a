/** The program in test/clients/go, compiled against the modules whose digests are in go.sum. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientProgram, isOlder, toolOutput } from './client-program.ts';

/** Absent without Go, with one that is too old, or where the modules cannot be had. Rejects when it does not compile. */
export async function goProgram(): Promise<ClientProgram> {
  const found = await go('env', 'GOVERSION').catch(() => '');
  if (found === '') return { absent: 'Go is not installed' };
  const [, needed = ''] = /^go (\S+)$/m.exec(readFileSync(join(SOURCE, 'go.mod'), 'utf8')) ?? [];
  if (isOlder(found.replace(/^go/, ''), needed)) return { absent: `the SDK for Go needs Go ${needed}` };
  const trouble = await go('mod', 'download').then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr.trim(),
  );
  if (trouble !== '' && !/checksum mismatch|SECURITY/.test(trouble))
    return { absent: `the SDK for Go cannot be downloaded: ${trouble.split('\n').at(-1)}` };
  await go('build', ...UNOPTIMISED, '-o', PROGRAM, '.');
  return { command: PROGRAM, args: [] };
}

/** Never another Go than that of the machine, nor a C compiler. */
function go(...args: string[]): Promise<string> {
  return toolOutput('go', args, {
    cwd: SOURCE,
    env: { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
  });
}

const SOURCE = join(import.meta.dirname, '../../clients/go');
const PROGRAM = join(import.meta.dirname, '../../../.clients/go/kms-client');
/** Which takes a quarter less of the processors' time. */
const UNOPTIMISED = ['-mod=readonly', '-ldflags=-s -w', '-gcflags=all=-N -l'];
