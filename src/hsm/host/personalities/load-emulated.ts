/** Which module a token host loads: the one it is told, or in tests that one behind a personality. */
import { HsmFault } from '../../../domain/hsm-fault.ts';
import {
  PERSONALITY_DIRECTORY_VARIABLE,
  PERSONALITY_VARIABLE,
  TEST_MODE_VARIABLE,
} from '../../devices/emulation.ts';
import { loadModule } from '../../pkcs11/pkcs11-module.ts';
import type { LoadModule } from '../host-operations.ts';
import { EmulatedDevice } from './emulated-device.ts';
import { emulatedLibrary } from './emulated-library.ts';
import { NETHSM_PERSONALITY } from './nethsm-personality.ts';
import type { Personality } from './personality.ts';
import { YUBIHSM2_PERSONALITY } from './yubihsm2-personality.ts';

/** What loads modules in a host with this environment. Fault `unavailable` at each load that is refused. */
export function moduleLoader(
  environment: Readonly<Record<string, string | undefined>>,
  load: LoadModule = loadModule,
): LoadModule {
  const name = environment[PERSONALITY_VARIABLE];
  if (name === undefined) return load;
  return (path, libraryParameters) => {
    if (environment[TEST_MODE_VARIABLE] !== '1') {
      throw new HsmFault(
        'unavailable',
        `${PERSONALITY_VARIABLE} is set: emulated devices are for the tests of this project alone; take the variable away`,
      );
    }
    const personality = personalityOf(name);
    const directory = environment[PERSONALITY_DIRECTORY_VARIABLE];
    if (directory === undefined) {
      throw new HsmFault('unavailable', `${PERSONALITY_DIRECTORY_VARIABLE} names no directory`);
    }
    return emulatedLibrary(load(path, libraryParameters), personality, new EmulatedDevice(directory));
  };
}

function personalityOf(name: string): Personality {
  const found = PERSONALITIES.find(({ profile }) => profile.name === name);
  if (found !== undefined) return found;
  const known = PERSONALITIES.map(({ profile }) => profile.name).join(', ');
  throw new HsmFault('unavailable', `${PERSONALITY_VARIABLE} is '${name}'; expected one of ${known}`);
}

const PERSONALITIES: readonly Personality[] = [YUBIHSM2_PERSONALITY, NETHSM_PERSONALITY];
