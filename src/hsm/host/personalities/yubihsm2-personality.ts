import pkcs11js from 'pkcs11js';
import { yubihsm2 } from '../../devices/yubihsm2.ts';
import {
  CKR_DEVICE_MEMORY,
  CKR_DEVICE_REMOVED,
  CKR_FUNCTION_REJECTED,
  CKR_TOKEN_NOT_PRESENT,
  type Personality,
} from './personality.ts';

/** yubihsm_pkcs11 before a device with firmware 2.3 or newer, which knows AES keys. */
export const YUBIHSM2_PERSONALITY: Personality = {
  profile: yubihsm2,
  model: 'YubiHSM',
  // 0x1055 and 0x1057 are CKM_EC_EDWARDS_KEY_PAIR_GEN and CKM_EDDSA, which the binding does not name.
  mechanisms: new Set([
    pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN,
    pkcs11js.CKM_RSA_PKCS,
    pkcs11js.CKM_SHA1_RSA_PKCS,
    pkcs11js.CKM_SHA256_RSA_PKCS,
    pkcs11js.CKM_SHA384_RSA_PKCS,
    pkcs11js.CKM_SHA512_RSA_PKCS,
    pkcs11js.CKM_RSA_PKCS_PSS,
    pkcs11js.CKM_SHA1_RSA_PKCS_PSS,
    pkcs11js.CKM_SHA256_RSA_PKCS_PSS,
    pkcs11js.CKM_SHA384_RSA_PKCS_PSS,
    pkcs11js.CKM_SHA512_RSA_PKCS_PSS,
    pkcs11js.CKM_RSA_PKCS_OAEP,
    pkcs11js.CKM_EC_KEY_PAIR_GEN,
    pkcs11js.CKM_ECDSA,
    pkcs11js.CKM_ECDH1_DERIVE,
    0x1055,
    0x1057,
    pkcs11js.CKM_SHA_1_HMAC,
    pkcs11js.CKM_SHA256_HMAC,
    pkcs11js.CKM_SHA384_HMAC,
    pkcs11js.CKM_SHA512_HMAC,
    pkcs11js.CKM_GENERIC_SECRET_KEY_GEN,
    pkcs11js.CKM_AES_KEY_GEN,
    pkcs11js.CKM_AES_ECB,
    pkcs11js.CKM_AES_CBC,
    pkcs11js.CKM_AES_CBC_PAD,
  ]),
  objects: { count: 256, idBytes: 2, labelBytes: 40, full: CKR_DEVICE_MEMORY },
  deviceSessions: 16,
  troubles: {
    'connector lost': { answer: CKR_DEVICE_REMOVED, opening: CKR_TOKEN_NOT_PRESENT },
    'audit log full': { answer: CKR_DEVICE_MEMORY },
    'capability missing': { answer: CKR_FUNCTION_REJECTED },
  },
};
