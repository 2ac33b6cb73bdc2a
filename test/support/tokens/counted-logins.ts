/** What a token's library answers to C_Login, whoever asks. */
import { faultyModule } from '../faulty-module.ts';
import type { ProvisionedToken } from './token-kind.ts';

export interface CountedLogins {
  /** The same token behind a module that counts. */
  readonly token: ProvisionedToken;
  /** CK_RV of all logins since then, in order. */
  answers(): (number | undefined)[];
}

export async function countLogins(token: ProvisionedToken): Promise<CountedLogins> {
  const { logins } = token;
  if (logins !== undefined) {
    // The module that counts cannot stand before itself.
    const before = logins().length;
    return { token, answers: () => logins().slice(before) };
  }
  const module = await faultyModule(token);
  return {
    token: {
      ...token,
      paths: { directory: token.paths.directory, module: module.path },
      env: module.env,
      [Symbol.asyncDispose]: () => token[Symbol.asyncDispose](),
    },
    answers: () => module.answers('C_Login'),
  };
}
