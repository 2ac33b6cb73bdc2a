/** SoftHSM2 behind the module that fails on demand, of which nothing is demanded: what it does to a token unasked. */
import { faultyModule } from '../faulty-module.ts';
import { provisionSofthsm2, SOFTHSM2 } from './softhsm2-kind.ts';
import type { ProvisionedToken, TokenKind } from './token-kind.ts';

export const FAKE: TokenKind = {
  ...SOFTHSM2,
  name: 'fault-injecting module without faults',
  provision: provisionFake,
};

async function provisionFake(): Promise<ProvisionedToken> {
  const token = await provisionSofthsm2();
  const module = await faultyModule(token);
  const { paths } = token;
  return {
    ...token,
    paths: { ...paths, module: module.path },
    env: module.env,
    logins: () => module.answers('C_Login'),
    [Symbol.asyncDispose]: () => token[Symbol.asyncDispose](),
  };
}
