/** The walkthroughs of examples/: what their index says of them, and how one is run as a reader would. */
import { execFile } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const EXAMPLES = join(import.meta.dirname, '../../examples');
/** The pinned aws command line and boto3, where the set-up of the tests could install them. */
export const PYTHON_BIN = join(import.meta.dirname, '../../.clients/python/bin');

/** A chapter of the index. */
export interface Walkthrough {
  readonly title: string;
  /** Path below examples/. */
  readonly script: string;
  /** Lines that its output has, in this order; `…` stands for anything. */
  readonly expected: readonly string[];
}

/** Every numbered script, whether the index knows it or not. */
export function scriptsOnDisk(): string[] {
  return globSync(['[0-9]*.*', '[0-9]*/run.*'], { cwd: EXAMPLES }).sort();
}

export function indexedWalkthroughs(): Walkthrough[] {
  const [, ...chapters] = readFileSync(join(EXAMPLES, 'README.md'), 'utf8').split(/^## /m);
  return chapters.map((chapter) => ({
    title: chapter.split('\n')[0] ?? '',
    script: /\]\(([^)]+)\)/.exec(chapter)?.[1] ?? '',
    expected: (/```text\n([\s\S]*?)```/.exec(chapter)?.[1] ?? '').trimEnd().split('\n'),
  }));
}

/** The expected lines that the output lacks or has elsewhere than in this order: at most the first. */
export function missingLines(output: string, expected: readonly string[]): string[] {
  const lines = output.split('\n').values();
  const missing = expected.find((line) => !lines.some((said) => isLike(said, line)));
  return missing === undefined ? [] : [missing];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Home and temporary folder of the script. */
  readonly folder: string;
  readonly endpoint: string;
  /** Goes before all others. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script of examples/ with nothing of the environment of the tests. */
export async function runExample(
  script: string,
  args: readonly string[],
  { folder, endpoint, path, env = {} }: RunOptions,
): Promise<RunResult> {
  const places = [...(path === undefined ? [] : [path]), PYTHON_BIN, '/usr/bin', '/bin'];
  const environment = { PATH: places.join(':'), HOME: folder, TMPDIR: folder, ...env };
  return await promisify(execFile)(join(EXAMPLES, script), args, {
    cwd: folder,
    env: { PORTCULLIS_KMS_URL: endpoint, ...environment },
    timeout: PATIENCE_MS,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Makes commands that do the same as those of this machine, and write down their arguments. Returns the file with these. */
export function watchArguments(folder: string): string {
  mkdirSync(folder);
  const file = join(folder, 'arguments');
  writeFileSync(file, '');
  for (const name of WATCHED) {
    const script = `#!/bin/sh\nPATH=\${PATH#*:}\nprintf '%s\\n' "$@" >>'${file}'\nexec ${name} "$@"\n`;
    writeFileSync(join(folder, name), script);
    chmodSync(join(folder, name), 0o755);
  }
  return file;
}

/** The files in which a secret can be read: as it is, in hexadecimal digits or in base64, whole or by half. */
export function filesThatHold(secret: Uint8Array, files: readonly string[]): string[] {
  const half = secret.length / 2;
  const parts = [secret.subarray(0, half), secret.subarray(half)].map((part) => Buffer.from(part));
  const texts = parts.flatMap((part) => [part.toString('hex'), part.toString('hex').toUpperCase()]);
  const whole = Buffer.from(secret).toString('base64');
  const base64 = [whole.slice(0, BASE64_SLICE), whole.slice(-BASE64_SLICE)];
  return files.filter((file) => {
    const bytes = readFileSync(file);
    return [...parts, ...[...texts, ...base64].map((text) => Buffer.from(text))].some((part) =>
      bytes.includes(part),
    );
  });
}

function isLike(said: string, expected: string): boolean {
  const parts = expected.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(said);
}

const WATCHED: readonly string[] = ['aws', 'openssl', 'base64', 'od', 'tr', 'cut', 'cat', 'sed', 'cp', 'mv'];
const BASE64_SLICE = 40;
const PATIENCE_MS = 590_000;
