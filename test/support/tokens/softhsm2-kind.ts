/** SoftHSM2: the token that everything else is measured against. */
import { rename } from 'node:fs/promises';
import { softhsm2 } from '../../../src/hsm/devices/softhsm2.ts';
import { createTestToken } from '../token.ts';
import { type Outage, type ProvisionedToken, randomLabel, type TokenKind } from './token-kind.ts';

export const SOFTHSM2: TokenKind = {
  name: 'SoftHSM2',
  profile: softhsm2,
  wrapsKeys: true,
  mechanisms: ['CKM_AES_GCM', 'CKM_AES_CMAC', 'CKM_SHA256_HMAC', 'CKM_AES_CBC', 'CKM_AES_ECB'],
  lacks: ['rsa-oaep-sha256', 'ed25519ph', 'ml-dsa'],
  // The set-up of the tests does not end without it.
  absent: undefined,
  provision: provisionSofthsm2,
};

export async function provisionSofthsm2(): Promise<ProvisionedToken> {
  const token = await createTestToken({ label: randomLabel() });
  const { paths, env, label, pin } = token;
  return {
    paths,
    env,
    label,
    pin,
    outage: movedAway(paths.tokenDirectory),
    [Symbol.asyncDispose]: () => token[Symbol.asyncDispose](),
  };
}

/** A token that is a directory is gone while the directory has another name. */
export function movedAway(directory: string): Outage {
  let away = false;
  return {
    begin: async () => {
      await rename(directory, `${directory}.away`);
      away = true;
    },
    end: async () => {
      if (away) await rename(`${directory}.away`, directory);
      away = false;
    },
  };
}
