/** Files that are there in full or not at all, and still are after a power cut. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Creates the file, mode 0600; false when one of that name exists. Throws what the file system says. */
export function createDurably(file: string, content: string | Uint8Array): boolean {
  const draft = `${file}.${randomUUID()}`;
  try {
    fs.writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: true });
    fs.linkSync(draft, file);
    return madeDurable(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Puts this content in the place of whatever the file held. */
export function replaceDurably(file: string, content: string): void {
  const draft = `${file}.${randomUUID()}`;
  try {
    fs.writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: true });
    fs.renameSync(draft, file);
    syncDirectory(path.dirname(file));
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Removes the file if it is there. */
export function removeDurably(file: string): void {
  fs.rmSync(file, { force: true });
  syncDirectory(path.dirname(file));
}

/** A name that may not survive a power cut is taken back, so that nothing half-done stays. */
function madeDurable(file: string): true {
  try {
    syncDirectory(path.dirname(file));
    return true;
  } catch (error) {
    fs.rmSync(file, { force: true });
    throw error;
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
