import type { DeviceProfile } from './profile.ts';

/** NSS softokn 3.87: a token in software, one process for each database. */
export const nss: DeviceProfile = {
  name: 'nss',
  vendor: 'Mozilla Foundation',
  model: 'NSS 3',
  defaultScheme: 'native-gcm',
  pin: { pattern: '.{1,255}', expected: 'the password of the database, 1 to 255 bytes' },
  // Without it there is no database, and with another text the library crashes (measured).
  libraryParameters: 'required',
  parametersExample: "configdir='sql:/srv/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags=",
  maxSessions: 64,
  fastWindow: 32,
  maxHosts: 1,
  hangMs: { crypto: 1_000, metadata: 2_000, login: 10_000, keyGeneration: 120_000 },
  longestRestartMs: 1_000,
  farewell: [],
  // A wrong tag is CKR_ENCRYPTED_DATA_INVALID, which says just that (measured).
  tagFailureCodes: [],
  hostEndingCodes: [],
  canaryDistanceMs: 2,
  showsFailedLogins: false,
  newIdBytes: 16,
  sessionKeys: true,
  // CKM_AES_KEY_WRAP_KWP; its CKM_AES_KEY_WRAP_PAD adds a block of padding of its own (measured).
  keyWrapPad: 0x210b,
  // CKA_NSS_DB: CKR_TEMPLATE_INCOMPLETE without it, also when the PKCS#8 has the point (measured).
  unwrappedPoint: 0xd5a0db00,
  unlistedMechanisms: [],
  notes: [
    'Its keys lie in files that root on this machine can read: it is for trying things out and for tests.',
  ],
};
