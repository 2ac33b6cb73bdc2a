/** Puts another text in the place of a configuration file, if the proxy could start with it: all of it or nothing. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { EditFault } from './edit-key-entry.ts';
import { loadConfig } from './load-config.ts';

/**
 * Mode and group stay. The new text is checked as a file beside the old one first; with `dryRun` that is all.
 * Throws a ConfigFault for what is wrong with it, an EditFault when the file is not ours to replace or has
 * changed since `before` was read.
 */
export function replaceConfigFile(
  file: string,
  { before, after, dryRun }: { readonly before: string; readonly after: string; readonly dryRun: boolean },
): void {
  const stat = fs.lstatSync(file);
  if (!stat.isFile() || stat.nlink > 1) {
    throw new EditFault(`${file} is a link; name the file itself, and deploy it as it always is`);
  }
  if (stat.uid !== process.geteuid?.()) {
    throw new EditFault(`${file} belongs to user ${stat.uid}; run this as that user`);
  }
  const draft = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    fs.writeFileSync(draft, after, { flag: 'wx', mode: 0o600, flush: true });
    fs.chownSync(draft, stat.uid, stat.gid);
    fs.chmodSync(draft, stat.mode & 0o7777);
    loadConfig(draft);
    if (fs.readFileSync(file, 'utf8') !== before) {
      throw new EditFault(`${file} was changed by someone else meanwhile; nothing was written; try again`);
    }
    if (dryRun) return;
    fs.renameSync(draft, file);
    syncDirectory(dirname(file));
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
