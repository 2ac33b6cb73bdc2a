/** Where Debian and Ubuntu put libraries and programs, on x86-64 and 64-bit ARM. */
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

/** The first of these libraries that is installed, `*` standing for the folder of this machine's architecture. */
export function findLibrary(...places: readonly string[]): string | undefined {
  return places.map((place) => place.replace('*', TRIPLET)).find((path) => existsSync(path));
}

/** A program on the search path, or where the system keeps those of administrators. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return directories.map((directory) => join(directory, name)).find((path) => isExecutable(path));
}

/** `missing` for the first part that is not there, with the package that brings it. */
export function absence(
  parts: readonly { readonly part: string; readonly found: string | undefined; readonly package: string }[],
): string | undefined {
  const missing = parts.find(({ found }) => found === undefined);
  return missing && `${missing.part} is not installed (Debian package ${missing.package})`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
