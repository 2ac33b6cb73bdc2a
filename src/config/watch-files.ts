/**
 * Notices when the content of files may have changed. It looks instead of being told: file events miss what
 * happens behind a symbolic link, and a Kubernetes ConfigMap or Secret is changed by pointing the link
 * `..data` at another directory.
 */
import { statSync } from 'node:fs';

export interface FileWatch {
  /** To be said before the files are read: they are known as they are now. */
  reading(): void;
  /**
   * To be said after they were read. Files that are named only since then are known as they are now; the
   * others stay known as they were before, so that one that changed while it was read is noticed.
   */
  read(): void;
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
  let known: Fingerprints = new Map();
  let before = '';
  const read = (): void => {
    known = fingerprintsOf(files(), known);
    before = textOf(known);
  };
  const reading = (): void => {
    known = new Map();
    read();
  };
  reading();
  const timer = setInterval(() => {
    const now = fingerprintsOf(files());
    const steady = textOf(now) === before;
    before = textOf(now);
    if (!steady || textOf(now) === textOf(known)) return;
    known = now;
    onChange();
    read();
  }, everyMs).unref();
  return { reading, read, stop: () => clearInterval(timer) };
}

type Fingerprints = ReadonlyMap<string, string>;

/** Of these files, as they are already known or else as they are now. */
function fingerprintsOf(files: readonly string[], known?: Fingerprints): Fingerprints {
  return new Map(files.map((file) => [file, known?.get(file) ?? fingerprintOf(file)]));
}

/** Follows links: what counts is the file at their end. */
function fingerprintOf(file: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join(':');
  } catch {
    // Between the two halves of a replacement there may be none: that is a state like any other.
    return 'missing';
  }
}

function textOf(fingerprints: Fingerprints): string {
  return [...fingerprints].map(([file, fingerprint]) => `${file}:${fingerprint}`).join('\n');
}

const EVERY_MS = 2_000;
