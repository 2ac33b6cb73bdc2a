/** What mechanism lists do not tell of a token: of which curves and hashes its mechanisms are. */

/** Elliptic curves in the sense of CKM_ECDSA. */
export type Curve = 'p256' | 'p384' | 'p521' | 'secp256k1';

/** Hashes of CKM_RSA_PKCS_OAEP. */
export type OaepHash = 'sha1' | 'sha256';
