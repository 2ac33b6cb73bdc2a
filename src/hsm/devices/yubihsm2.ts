import type { DeviceProfile } from './profile.ts';

/**
 * YubiHSM 2 through yubihsm_pkcs11, from its source (yubihsm-shell, pkcs11/); times are estimates for USB and a
 * connector on the same network. One device works on one command at a time.
 */
export const yubihsm2: DeviceProfile = {
  name: 'yubihsm2',
  vendor: 'Yubico (www.yubico.com)',
  model: 'YubiHSM 2',
  defaultScheme: 'hmac',
  // C_Login: an authentication key id in four hex digits, then 8 to 64 bytes; `@` before it means asymmetric
  // authentication. What begins with `#` is judged by newer modules alone.
  pin: {
    pattern: '@?[0-9A-Fa-f]{4}.{8,64}|#.+',
    expected: 'the id of an authentication key in 4 hex digits, then its password of 8 to 64 bytes',
  },
  configFileVariable: 'YUBIHSM_PKCS11_CONF',
  libraryParameters: 'optional',
  parametersExample: 'connector=http://127.0.0.1:12345 timeout=5',
  // PKCS#11 sessions cost nothing here: all of a process share one session of the device.
  maxSessions: 8,
  fastWindow: 2,
  // The device has 16 sessions for all its clients, and a second host would wait for the same device.
  maxHosts: 1,
  hangMs: { crypto: 5_000, metadata: 10_000, login: 15_000, keyGeneration: 120_000 },
  // A host that dies leaves its session to the device for 30 s. With pauses that double up to this, 8 of 16 are lost.
  longestRestartMs: 10_000,
  // Gives the device's session back; C_Finalize does not.
  farewell: ['C_CloseAllSessions'],
  // It has no GCM.
  tagFailureCodes: [],
  // CKR_SESSION_CLOSED: the device dropped the session that all sessions here stand on.
  hostEndingCodes: [0xb0],
  canaryDistanceMs: 100,
  showsFailedLogins: false,
  // PKCS11_LABEL_SIZE, PKCS11_ID_SIZE.
  maxLabelBytes: 255,
  maxIdBytes: 255,
  // A longer id is stored in a second object.
  newIdBytes: 2,
  // C_GenerateKey: CKK_SHA256_HMAC and its like alone, in all 16 domains.
  keysMadeElsewhere:
    'the module makes HMAC keys only under key types of their own, and for every domain; make the key with generate hmackey in yubihsm-shell, see docs/devices/yubihsm2.md',
  // CKA_TOKEN false is refused for keys, or taken for true: every key is one of the device's 256 objects.
  sessionKeys: false,
  // YH_MSG_BUF_SIZE is 2048 in older modules, with header, MAC and padding in it.
  maxDataBytes: 2_000,
  unlistedMechanisms: [],
  curves: ['p256', 'p384', 'p521', 'secp256k1'],
  oaepHashes: ['sha1', 'sha256'],
  notes: [
    'It holds 256 objects; a CKA_ID above 2 bytes or a CKA_LABEL above 40 costs a second one.',
    'CKR_DEVICE_MEMORY means that its storage is full, or its audit log: with forced auditing the log has to be read and acknowledged, or the device stops.',
    'The connectors are those of the start; a device behind another one is found after a restart.',
  ],
};
