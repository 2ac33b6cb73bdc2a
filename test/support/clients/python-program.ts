/** Programs in test/clients/python, in the environment that softhsm/setup.sh makes for them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClientProgram } from './client-program.ts';

/** Absent when one of the packages that it imports is not installed. */
export async function pythonProgram(file: string, ...imports: string[]): Promise<ClientProgram> {
  if (!existsSync(PYTHON)) return { absent: 'the Python clients are not installed' };
  const found = `import sys; from importlib.util import find_spec; sys.exit(None in map(find_spec, sys.argv[1:]))`;
  const installed = await promisify(execFile)(PYTHON, ['-c', found, ...imports]).then(
    () => true,
    () => false,
  );
  if (!installed) return { absent: `of the Python packages ${imports.join(', ')}, one is not installed` };
  return { command: PYTHON, args: [join(import.meta.dirname, '../../clients/python', file)] };
}

const PYTHON = join(import.meta.dirname, '../../../.clients/python/bin/python');
