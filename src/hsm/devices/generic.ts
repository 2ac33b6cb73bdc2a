import type { DeviceProfile } from './profile.ts';

/** A device of which nothing is known: patient, one call at a time, believing no more than PKCS#11 itself says. */
export const generic: DeviceProfile = {
  name: 'generic',
  vendor: 'unknown',
  model: 'PKCS#11 token',
  defaultScheme: 'native-gcm',
  pin: { pattern: '.{1,255}', expected: 'a PIN of 1 to 255 bytes' },
  libraryParameters: 'optional',
  maxSessions: 8,
  fastWindow: 4,
  maxHosts: 8,
  hangMs: { crypto: 10_000, metadata: 15_000, login: 20_000, keyGeneration: 120_000 },
  longestRestartMs: 30_000,
  farewell: ['C_CloseAllSessions', 'C_Finalize'],
  // CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED: what modules have been seen to say of a wrong tag.
  tagFailureCodes: [0x05, 0x06],
  hostEndingCodes: [],
  canaryDistanceMs: 100,
  showsFailedLogins: false,
  newIdBytes: 16,
  sessionKeys: true,
  // CKM_AES_KEY_WRAP_KWP, as PKCS#11 v3 has it.
  keyWrapPad: 0x210b,
  unlistedMechanisms: [],
  notes: [
    'Nothing is known of this device: have the doctor look at it, and write down what you learn in a profile of the site that extends generic.',
  ],
};
