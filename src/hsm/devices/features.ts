/**
 * What a token can be found able to do, in terms of PKCS#11: the words in which a probe reports and in which
 * the abilities for AWS KMS are put together.
 */

export const FEATURES = [
  'aes-gcm',
  'hmac-sha256',
  'aes-cmac',
  'aes-cbc',
  'hmac-sha224',
  'hmac-sha384',
  'hmac-sha512',
  'rsa-oaep-sha1',
  'rsa-oaep-sha256',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pss-sha512',
  'rsa-pkcs1',
  'rsa-raw',
  'ecdsa-p256',
  'ecdsa-p384',
  'ecdsa-p521',
  'ecdsa-secp256k1',
  'ecdh-p256',
  'ecdh-p384',
  'ecdh-p521',
  'ed25519',
  'ed25519ph',
  'ml-dsa',
] as const;

export type Feature = (typeof FEATURES)[number];

/** Elliptic curves in the sense of CKM_ECDSA. */
export type Curve = 'p256' | 'p384' | 'p521' | 'secp256k1';

/** Hashes of CKM_RSA_PKCS_OAEP. */
export type OaepHash = 'sha1' | 'sha256';

/**
 * - `tested`: known answers came out, and what had to be refused was refused
 * - `listed`: the token says so, and it was not tried; the reason says why not
 * - `missing`: not in the token's list, or not of this kind of device
 * - `refused`: listed, but the token would not do it when it was tried; it may at another time
 * - `wrong`: listed, but the answer was another one, or what had to be refused was let through
 */
export type Capability = 'tested' | 'listed' | 'missing' | 'refused' | 'wrong';

export interface Trial {
  readonly capability: Capability;
  /** A clause, such as the PKCS#11 function and return value; empty when tested. */
  readonly why: string;
}

export interface FeatureFinding extends Trial {
  readonly feature: Feature;
  /** Key sizes that the mechanism's key generation allows, in bits; absent where sizes do not vary or nobody says. */
  readonly keyBits?: { readonly min: number; readonly max: number };
}
