import type { DeviceProfile } from './profile.ts';

/** opencryptoki's software token, version 3.8 (measured), under its daemon pkcsslotd. */
export const opencryptoki: DeviceProfile = {
  name: 'opencryptoki',
  vendor: 'IBM',
  model: 'Soft',
  defaultScheme: 'hmac',
  // MIN_PIN_LEN and MAX_PIN_LEN.
  pin: { pattern: '.{4,8}', expected: 'a PIN of 4 to 8 bytes' },
  libraryParameters: 'refused',
  maxSessions: 32,
  fastWindow: 16,
  maxHosts: 4,
  hangMs: { crypto: 2_000, metadata: 4_000, login: 10_000, keyGeneration: 120_000 },
  longestRestartMs: 2_000,
  // Takes the process off the list that pkcsslotd keeps in shared memory.
  farewell: ['C_CloseAllSessions', 'C_Finalize'],
  // It has no GCM.
  tagFailureCodes: [],
  hostEndingCodes: [],
  canaryDistanceMs: 5,
  // It locks after three (measured).
  showsFailedLogins: true,
  newIdBytes: 16,
  sessionKeys: true,
  unlistedMechanisms: [],
  notes: ['The software token keeps its keys in files that root on this machine can read.'],
};
