/** SoftHSM2 behind a personality of the token host. The workbench sees SoftHSM2 itself. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  PERSONALITY_DIRECTORY_VARIABLE,
  PERSONALITY_VARIABLE,
  TEST_MODE_VARIABLE,
} from '../../../src/hsm/devices/emulation.ts';
import { nethsm } from '../../../src/hsm/devices/nethsm.ts';
import type { DeviceProfile } from '../../../src/hsm/devices/profile.ts';
import { yubihsm2 } from '../../../src/hsm/devices/yubihsm2.ts';
import { provisionSofthsm2 } from './softhsm2-kind.ts';
import type { ProvisionedToken, TokenKind } from './token-kind.ts';

export const EMULATED_YUBIHSM2: TokenKind = {
  name: 'emulated YubiHSM 2',
  profile: yubihsm2,
  mechanisms: ['CKM_SHA256_HMAC', 'CKM_AES_CBC', 'CKM_AES_ECB'],
  hidden: ['CKM_AES_GCM', 'CKM_AES_CMAC'],
  absent: undefined,
  provision: () => provisionEmulated(yubihsm2),
};

export const EMULATED_NETHSM: TokenKind = {
  name: 'emulated NetHSM',
  profile: nethsm,
  mechanisms: ['CKM_AES_CBC'],
  hidden: ['CKM_AES_GCM', 'CKM_AES_CMAC', 'CKM_SHA256_HMAC', 'CKM_AES_ECB'],
  absent: undefined,
  provision: () => provisionEmulated(nethsm),
};

async function provisionEmulated({ name }: DeviceProfile): Promise<ProvisionedToken> {
  const token = await provisionSofthsm2();
  const directory = emulatedDeviceDirectory(token);
  await mkdir(directory);
  return {
    ...token,
    // Random PINs of the tests are hexadecimal, so both devices would take them.
    env: {
      ...token.env,
      [PERSONALITY_VARIABLE]: name,
      [PERSONALITY_DIRECTORY_VARIABLE]: directory,
      [TEST_MODE_VARIABLE]: '1',
    },
    [Symbol.asyncDispose]: () => token[Symbol.asyncDispose](),
  };
}

/** Where the emulated device keeps its sessions, and reads its trouble. */
export function emulatedDeviceDirectory({ paths }: Pick<ProvisionedToken, 'paths'>): string {
  return join(paths.directory, 'device');
}
