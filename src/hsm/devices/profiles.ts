/** The profiles by the name that configuration uses. */
import { Bug } from '../../domain/bug.ts';
import type { DeviceProfile } from './profile.ts';
import { softhsm2 } from './softhsm2.ts';

export function profileOf(name: string): DeviceProfile {
  const profile = PROFILES.get(name);
  if (profile === undefined) throw new Bug(`no device profile is named ${name}`);
  return profile;
}

const PROFILES: ReadonlyMap<string, DeviceProfile> = new Map(
  [softhsm2].map((profile) => [profile.name, profile]),
);
