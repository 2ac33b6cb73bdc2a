import pkcs11js from 'pkcs11js';
import { nethsm } from '../../devices/nethsm.ts';
import {
  CKR_DEVICE_ERROR,
  CKR_KEY_HANDLE_INVALID,
  CKR_TOKEN_NOT_PRESENT,
  CKR_USER_NOT_LOGGED_IN,
  type Personality,
} from './personality.ts';

/** nethsm-pkcs11, which turns the HTTP status of each request into a return value. */
export const NETHSM_PERSONALITY: Personality = {
  profile: nethsm,
  model: 'NetHSM',
  mechanisms: new Set([
    pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN,
    pkcs11js.CKM_RSA_PKCS,
    pkcs11js.CKM_RSA_X_509,
    pkcs11js.CKM_RSA_PKCS_OAEP,
    pkcs11js.CKM_RSA_PKCS_PSS,
    pkcs11js.CKM_EC_KEY_PAIR_GEN,
    pkcs11js.CKM_ECDSA,
    pkcs11js.CKM_GENERIC_SECRET_KEY_GEN,
    pkcs11js.CKM_AES_KEY_GEN,
    pkcs11js.CKM_AES_CBC,
  ]),
  troubles: {
    'HTTP 500': { answer: CKR_DEVICE_ERROR, opening: CKR_DEVICE_ERROR },
    'HTTP 412 (locked)': { answer: CKR_TOKEN_NOT_PRESENT, opening: CKR_TOKEN_NOT_PRESENT },
    'HTTP 401': { answer: CKR_USER_NOT_LOGGED_IN },
    'HTTP 404': { answer: CKR_KEY_HANDLE_INVALID },
  },
};
