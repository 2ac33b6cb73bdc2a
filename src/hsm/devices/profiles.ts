/** The profiles that come with Portcullis, by the name that configuration uses. */
import { Bug } from '../../domain/bug.ts';
import { generic } from './generic.ts';
import { nethsm } from './nethsm.ts';
import { nitrokeyHsm2CardContact } from './nitrokey-hsm2-cardcontact.ts';
import { nitrokeyHsm2OpenSc } from './nitrokey-hsm2-opensc.ts';
import { nss } from './nss.ts';
import { opencryptoki } from './opencryptoki.ts';
import type { DeviceProfile } from './profile.ts';
import { softhsm2 } from './softhsm2.ts';
import { yubihsm2 } from './yubihsm2.ts';

export const DEVICE_PROFILES: readonly DeviceProfile[] = [
  softhsm2,
  yubihsm2,
  nitrokeyHsm2OpenSc,
  nitrokeyHsm2CardContact,
  nethsm,
  nss,
  opencryptoki,
  generic,
];

export const DEVICE_NAMES: readonly string[] = DEVICE_PROFILES.map(({ name }) => name);

/** Whatever the device of a token: what such a variable names is the same file for every module. */
export const CONFIG_FILE_VARIABLES: readonly string[] = DEVICE_PROFILES.flatMap(
  ({ configFileVariable }) => configFileVariable ?? [],
);

export function profileOf(name: string): DeviceProfile {
  const profile = DEVICE_PROFILES.find((each) => each.name === name);
  if (profile === undefined) throw new Bug(`no device profile is named ${name}`);
  return profile;
}
