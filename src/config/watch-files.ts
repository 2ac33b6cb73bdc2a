/**
 * Notices when the content of files may have changed. It looks instead of being told: file events miss what
 * happens behind a symbolic link, and a Kubernetes ConfigMap or Secret is changed by pointing the link
 * `..data` at another directory.
 */
import { statSync } from 'node:fs';

export interface FileWatch {
  /** The files as they are now are known: for a change that was learned of otherwise. */
  settle(): void;
  stop(): void;
}

/**
 * Calls `onChange` when any of the files is another one than before, by identity, size or time, and has
 * stayed so for one more look: a file that is being written is let finish. `files` is asked at each look.
 */
export function watchFiles(
  files: () => readonly string[],
  onChange: () => void,
  everyMs = EVERY_MS,
): FileWatch {
  let settled = '';
  let before = '';
  const settle = (): void => {
    settled = fingerprintOf(files());
    before = settled;
  };
  settle();
  const timer = setInterval(() => {
    const now = fingerprintOf(files());
    const steady = now === before;
    before = now;
    if (!steady || now === settled) return;
    settled = now;
    onChange();
    // What took force may name other files.
    settle();
  }, everyMs).unref();
  return { settle, stop: () => clearInterval(timer) };
}

/** Follows links: what counts is the file at their end. */
function fingerprintOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
        return [file, dev, ino, size, mtimeMs, ctimeMs].join(':');
      } catch {
        // Between the two halves of a replacement there may be none: that is a state like any other.
        return `${file}:missing`;
      }
    })
    .join('\n');
}

const EVERY_MS = 2_000;
