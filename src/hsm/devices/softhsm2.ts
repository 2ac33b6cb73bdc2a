import type { DeviceProfile } from './profile.ts';

/** SoftHSM 2.6: a token in software. Fast, in-process, one hang means something is broken for good. */
export const softhsm2: DeviceProfile = {
  name: 'softhsm2',
  vendor: 'SoftHSM project',
  model: 'SoftHSM v2',
  defaultScheme: 'native-gcm',
  // MIN_PIN_LEN and MAX_PIN_LEN of SoftHSM 2.6.1.
  pin: { pattern: '.{4,255}', expected: 'a PIN of 4 to 255 bytes' },
  configFileVariable: 'SOFTHSM2_CONF',
  // C_Initialize with a reserved argument: CKR_ARGUMENTS_BAD (measured).
  libraryParameters: 'refused',
  maxSessions: 64,
  fastWindow: 32,
  maxHosts: 8,
  hangMs: { crypto: 1_000, metadata: 2_000, login: 10_000, keyGeneration: 120_000 },
  longestRestartMs: 1_000,
  farewell: [],
  // CKR_GENERAL_ERROR, also for anything else that goes wrong.
  tagFailureCodes: [0x05],
  hostEndingCodes: [],
  canaryDistanceMs: 2,
  showsFailedLogins: true,
  newIdBytes: 16,
  sessionKeys: true,
  // Some 2 KB each, which SoftHSM 2.6.1 gives back when the process ends, and not when the object is destroyed (measured).
  maxWorkingKeys: 100_000,
  // CKM_AES_KEY_WRAP_PAD does RFC 5649; CKM_AES_KEY_WRAP_KWP is CKR_MECHANISM_INVALID (measured).
  keyWrapPad: 0x210a,
  unlistedMechanisms: [],
  notes: [
    'Its keys lie in files that root on this machine can read: it is for trying things out and for tests.',
  ],
};
