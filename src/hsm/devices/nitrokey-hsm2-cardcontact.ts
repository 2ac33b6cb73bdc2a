import type { DeviceProfile } from './profile.ts';

/**
 * Nitrokey HSM 2 and SmartCard-HSM through CardContact's module (sc-hsm-embedded), which also shows their AES
 * keys. Behaviour measured under pcscd with an emulated card, the rest from its source.
 */
export const nitrokeyHsm2CardContact: DeviceProfile = {
  name: 'nitrokey-hsm2-cardcontact',
  vendor: 'CardContact (www.cardcontact.de)',
  model: 'SmartCard-HSM',
  defaultScheme: 'cmac',
  // The card locks after three wrong ones.
  pin: { pattern: '[\\x20-\\x7e]{6,16}', expected: 'a PIN of 6 to 16 digits' },
  // C_Initialize in p11generic.c: CKR_ARGUMENTS_BAD.
  libraryParameters: 'refused',
  maxSessions: 4,
  fastWindow: 1,
  maxHosts: 1,
  hangMs: { crypto: 10_000, metadata: 15_000, login: 20_000, keyGeneration: 120_000 },
  longestRestartMs: 10_000,
  // In this order: C_Finalize with an open session never returns (measured).
  farewell: ['C_CloseAllSessions', 'C_Finalize'],
  tagFailureCodes: [],
  hostEndingCodes: [],
  canaryDistanceMs: 500,
  showsFailedLogins: false,
  newIdBytes: 16,
  // The first byte of a CKA_ID becomes the number of the key on the card, whatever key is there (sc-hsm-embedded,
  // token-sc-hsm.c); without a CKA_ID the module looks for a free one.
  keysMadeElsewhere:
    "CardContact's module writes a key with a CKA_ID over the key of the card that has its first byte for a number; make the key with pkcs11-tool and without --id, see docs/devices/nitrokey-hsm2.md",
  // CKR_TEMPLATE_INCONSISTENT for an AES key of a session (measured).
  sessionKeys: false,
  // 992 bytes of CBC went through in one call (measured); an APDU ends soon above.
  maxDataBytes: 992,
  // CKM_AES_CBC, CKM_AES_CMAC: done by the card, missing in p11MechanismList.
  unlistedMechanisms: [0x1082, 0x108a],
  curves: ['p256', 'p384', 'p521', 'secp256k1'],
  // SHA-1: CKR_GENERAL_ERROR (measured).
  oaepHashes: ['sha256'],
  notes: [
    'Three wrong PINs lock the card.',
    'After the card was pulled out, only a new process finds it again: expect a second of 503 answers.',
    'Another program that uses the card, a doctor or keys command among them, can log the proxy out; it logs in again.',
  ],
};
