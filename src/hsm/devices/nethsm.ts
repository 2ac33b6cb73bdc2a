import type { DeviceProfile } from './profile.ts';

/** NetHSM through nethsm-pkcs11, a client of its REST interface, from the source of both; times are estimates for one network. */
export const nethsm: DeviceProfile = {
  name: 'nethsm',
  vendor: 'Nitrokey GmbH',
  model: 'NetHSM',
  defaultScheme: 'cbc-mac',
  // Passphrase in the REST interface.
  pin: { pattern: '.{10,255}', expected: "the operator's passphrase, of 10 bytes at least" },
  configFileVariable: 'P11NETHSM_CONFIG_FILE',
  libraryParameters: 'optional',
  maxSessions: 8,
  fastWindow: 2,
  // Requests of several hosts run in parallel on it.
  maxHosts: 8,
  hangMs: { crypto: 5_000, metadata: 10_000, login: 15_000, keyGeneration: 120_000 },
  longestRestartMs: 5_000,
  // Every request carries its password: there is no session to give back. Unloading the module is what it does badly.
  farewell: [],
  tagFailureCodes: [],
  hostEndingCodes: [],
  canaryDistanceMs: 100,
  showsFailedLogins: false,
  // CKA_LABEL and CKA_ID are the id of the key there.
  maxLabelBytes: 128,
  maxIdBytes: 128,
  newIdBytes: 16,
  keysMadeElsewhere:
    'NetHSM lets its administrator make keys, and the proxy logs in as operator; make the key with nitropy nethsm generate-key or the REST interface',
  sessionKeys: false,
  // Of keys of type Generic, the device knows AES_Encryption_CBC and AES_Decryption_CBC alone.
  showsAesKeysAlike: true,
  unlistedMechanisms: [],
  curves: ['p256', 'p384', 'p521', 'secp256k1'],
  oaepHashes: ['sha1', 'sha256'],
  notes: [
    'Set timeout_seconds in the configuration of the module (P11NETHSM_CONFIG_FILE): without it, a lost NetHSM is waited for without end, and only hangMs ends the host.',
    'Its PKCS#11 module shows all AES keys alike, so the proxy tries what a key may do, and needs your word for its length: attested with bits and kcv in the entry of the key.',
  ],
};
