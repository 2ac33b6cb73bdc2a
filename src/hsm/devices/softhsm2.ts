import type { DeviceProfile } from './profile.ts';

/** SoftHSM 2.6: a token in software. Fast, in-process, one hang means something is broken for good. */
export const softhsm2: DeviceProfile = {
  name: 'softhsm2',
  vendor: 'SoftHSM project',
  model: 'SoftHSM v2',
  maxSessions: 64,
  fastWindow: 32,
  hangMs: { crypto: 1_000, metadata: 2_000, login: 10_000, keyGeneration: 120_000 },
  longestRestartMs: 1_000,
  maxHosts: 8,
  // CKR_GENERAL_ERROR, also for anything else that goes wrong.
  tagFailureCodes: [0x05],
  canaryDistanceMs: 2,
  showsFailedLogins: true,
};
