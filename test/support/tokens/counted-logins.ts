/** Counts what a token's library answers to C_Login, whoever asks. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';
import type { ProvisionedToken } from './token-kind.ts';

export interface CountedLogins {
  /** The same token behind a module that counts. */
  readonly token: ProvisionedToken;
  /** CK_RV of all logins so far, in order. */
  answers(): number[];
}

export async function countLogins(token: ProvisionedToken): Promise<CountedLogins> {
  const { directory, module } = token.paths;
  const witness = join(directory, 'witness.so');
  const file = join(directory, 'logins');
  await runTool('gcc', ['-shared', '-fPIC', '-O1', '-o', witness, SOURCE, '-ldl']);
  return {
    token: {
      ...token,
      paths: { directory, module: witness },
      env: { ...token.env, CHAOS_MODULE: module, CHAOS_LOGINS: file },
      [Symbol.asyncDispose]: () => token[Symbol.asyncDispose](),
    },
    answers: () => readFileSync(file, 'utf8').trim().split('\n').map(Number),
  };
}

const SOURCE = join(import.meta.dirname, '../../chaos/witness-module.c');
