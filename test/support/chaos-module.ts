/** Builds test/chaos/witness-module.c beside a token: a PKCS#11 module that counts logins and crashes on demand. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestToken } from './token.ts';

/** Entries of `tokens` for a token behind the witness. */
export async function witnessSection(token: TestToken): Promise<Record<string, unknown>> {
  const { directory, configFile, module } = token.paths;
  const witness = join(directory, 'witness.so');
  await run('gcc', ['-shared', '-fPIC', '-O1', '-o', witness, SOURCE, '-ldl']);
  return {
    module: witness,
    env: {
      SOFTHSM2_CONF: configFile,
      CHAOS_MODULE: module,
      CHAOS_LOGINS: join(directory, LOGINS),
      CHAOS_CRASH: join(directory, CRASH),
    },
  };
}

/** The next C_Encrypt of any host is its last. */
export function crashNextEncrypt(token: TestToken): void {
  writeFileSync(join(token.paths.directory, CRASH), '');
}

/** The results of all C_Login calls so far, such as `0xa0` (CKR_PIN_INCORRECT). */
export function loginResults(token: TestToken): string[] {
  return readFileSync(join(token.paths.directory, LOGINS), 'utf8').trim().split('\n');
}

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '../chaos/witness-module.c');
const LOGINS = 'logins';
const CRASH = 'crash';
