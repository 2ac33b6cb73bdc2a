/** Files that hold secrets or settings: read once, with what others may do to them known from the same handle. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

/** Group ids of this process. */
export function ownGroups(): ReadonlySet<number> {
  return new Set([process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]);
}

export interface FileContent {
  readonly bytes: Uint8Array;
  /** When the content was last written, in milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly access: ForeignAccess;
}

/** Who else may do what, in words; undefined when only the owner and our own groups may. */
export interface ForeignAccess {
  readonly readOrWrite: string | undefined;
  readonly write: string | undefined;
}

/** Why a file could not be read, in words that continue "the file …". */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** Reads a regular file of at most `maxBytes`. Throws a FileFault. */
export function readRegularFile(path: string, maxBytes: number, groups: ReadonlySet<number>): FileContent {
  return onOpenFile(path, (descriptor) => {
    const bytes = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > maxBytes) throw new FileFault(`is longer than ${maxBytes} bytes`);
    const stat = fstatSync(descriptor);
    return { bytes: bytes.slice(0, length), modifiedMs: stat.mtimeMs, access: accessOf(stat, groups) };
  });
}

/** Checks that a regular file exists and may be read, without reading it. Throws a FileFault. */
export function examineRegularFile(path: string, groups: ReadonlySet<number>): ForeignAccess {
  return onOpenFile(path, (descriptor) => accessOf(fstatSync(descriptor), groups));
}

/** Why a directory that exists is not ours alone, in words that continue "the directory …"; undefined when it is, or is not there yet. */
export function directoryFault(path: string, groups: ReadonlySet<number>): string | undefined {
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'this user may not look at';
  }
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return 'is not a directory';
  if (stat.uid !== (process.geteuid?.() ?? stat.uid)) return `belongs to user ${stat.uid}, not to this one`;
  const { readOrWrite } = accessOf(stat, groups);
  return readOrWrite === undefined ? undefined : `is open to ${readOrWrite}`;
}

/** Whether everybody may put another file in the place of this one, or of a link to it. */
export function isReplaceable(path: string): boolean {
  return [path, realpathSync(path)].some((each) => {
    const { mode } = statSync(dirname(each));
    return (mode & 0o002) !== 0 && (mode & STICKY) === 0;
  });
}

function onOpenFile<T>(path: string, use: (descriptor: number) => T): T {
  let descriptor: number;
  try {
    // O_NONBLOCK: opening a pipe that nobody writes to must not hang.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new FileFault(OPEN_FAULTS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be opened', {
      cause: error,
    });
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw new FileFault('is not a regular file');
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function accessOf(
  stat: { readonly mode: number; readonly gid: number },
  groups: ReadonlySet<number>,
): ForeignAccess {
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  const who = (bits: number): string | undefined => {
    if ((stat.mode & bits & 0o007) !== 0) return `everybody (mode ${mode})`;
    if ((stat.mode & bits & 0o070) !== 0 && !groups.has(stat.gid))
      return `group ${stat.gid}, which is not ours (mode ${mode})`;
    return undefined;
  };
  return { readOrWrite: who(0o077), write: who(0o022) };
}

/** As on /tmp: files there belong to their owners. */
const STICKY = 0o1000;

const OPEN_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory',
  ENOTDIR: 'does not exist',
  ELOOP: 'is a symbolic link that leads in a circle',
};
