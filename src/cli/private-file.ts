/** Files with secrets in them: readable by their owner alone, from the moment they exist. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { CliFault } from './cli-fault.ts';

/** Creates the file with mode 0600. Throws a CliFault when it is there already, or cannot be made. */
export function writePrivateFile(path: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'EEXIST'
      ? new CliFault('file-exists', `${path} is there already; name another file, or remove it`, { cause })
      : new CliFault('refused', `${path} cannot be made (${(cause as NodeJS.ErrnoException).code})`, {
          cause,
        });
  }
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
