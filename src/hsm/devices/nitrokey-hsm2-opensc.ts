import type { DeviceProfile } from './profile.ts';

/**
 * Nitrokey HSM 2 and SmartCard-HSM through OpenSC's module, which shows their RSA and EC keys and none of their
 * AES keys. Behaviour and times measured with OpenSC 0.23 under pcscd with an emulated card.
 */
export const nitrokeyHsm2OpenSc: DeviceProfile = {
  name: 'nitrokey-hsm2-opensc',
  vendor: 'www.CardContact.de',
  model: 'PKCS#15 emulated',
  // No scheme works here: the module shows neither AES keys nor secrets.
  defaultScheme: 'native-gcm',
  // pkcs15-sc-hsm.c: 6 to 15; the card locks after three wrong ones.
  pin: { pattern: '[\\x20-\\x7e]{6,15}', expected: 'a PIN of 6 to 15 digits' },
  configFileVariable: 'OPENSC_CONF',
  // C_Initialize with a reserved argument: CKR_ARGUMENTS_BAD (measured).
  libraryParameters: 'refused',
  maxSessions: 4,
  fastWindow: 1,
  // A card works on one command at a time, and another process that resets it logs this one out.
  maxHosts: 1,
  // After a card was put back, C_GetSlotList took 3.3 to 3.6 s.
  hangMs: { crypto: 10_000, metadata: 15_000, login: 20_000, keyGeneration: 120_000 },
  longestRestartMs: 10_000,
  farewell: ['C_CloseAllSessions', 'C_Finalize'],
  tagFailureCodes: [],
  // CKR_SESSION_HANDLE_INVALID: the card was away, and every session with it.
  hostEndingCodes: [0xb3],
  canaryDistanceMs: 500,
  showsFailedLogins: false,
  newIdBytes: 16,
  keysMadeElsewhere:
    "OpenSC's module makes and shows no AES keys of this card; use CardContact's module with the profile nitrokey-hsm2-cardcontact",
  sessionKeys: false,
  unlistedMechanisms: [],
  curves: ['p256', 'p384', 'p521', 'secp256k1'],
  oaepHashes: ['sha1', 'sha256'],
  notes: [
    'Three wrong PINs lock the card.',
    'Another program that uses the card, a doctor or keys command among them, can log the proxy out; it logs in again.',
  ],
};
