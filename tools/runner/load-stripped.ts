/**
 * Preloaded (`--import`) into the processes of a test stage: gives them TypeScript files that the runner has stripped of
 * their types already, which is half of the time that a command takes to start. A file that is not there, or has
 * changed since, is stripped by Node.js as ever.
 */
import { readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const STRIPPED = import.meta.dirname;
const ROOT = process.env['STRIPPED_ROOT'] ?? '';

registerHooks({
  load(url, context, nextLoad) {
    const source = url.startsWith('file:') && url.endsWith('.ts') ? strippedSource(fileURLToPath(url)) : null;
    return source === null ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

function strippedSource(file: string): Buffer | null {
  if (!file.startsWith(ROOT + sep)) return null;
  const stripped = join(STRIPPED, relative(ROOT, file));
  try {
    return statSync(stripped).mtimeMs >= statSync(file).mtimeMs ? readFileSync(stripped) : null;
  } catch {
    return null;
  }
}
