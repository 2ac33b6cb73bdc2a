/** The system's openssl command line, a program that shares no code with ours or with Node.js's own OpenSSL. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs it where the files lie; arguments name them without a directory. Gives what it prints. */
export function openssl(arguments_: readonly string[], files: Readonly<Record<string, Uint8Array>>): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-openssl-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
    return execFileSync('openssl', arguments_, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
