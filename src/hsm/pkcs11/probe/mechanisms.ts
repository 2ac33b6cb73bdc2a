/** The mechanisms that a probe looks at, by the names and numbers of PKCS#11 (v3.1, and v3.2 for ML-DSA). */
export const MECHANISMS = {
  CKM_RSA_PKCS_KEY_PAIR_GEN: 0x0000,
  CKM_RSA_PKCS: 0x0001,
  CKM_RSA_X_509: 0x0003,
  CKM_RSA_PKCS_OAEP: 0x0009,
  CKM_RSA_PKCS_PSS: 0x000d,
  CKM_ML_DSA: 0x001d,
  CKM_SHA_1: 0x0220,
  CKM_SHA256: 0x0250,
  CKM_SHA384: 0x0260,
  CKM_SHA512: 0x0270,
  CKM_SHA224_HMAC: 0x0256,
  CKM_SHA256_HMAC: 0x0251,
  CKM_SHA384_HMAC: 0x0261,
  CKM_SHA512_HMAC: 0x0271,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
  CKM_ECDH1_DERIVE: 0x1050,
  CKM_EC_EDWARDS_KEY_PAIR_GEN: 0x1055,
  CKM_EDDSA: 0x1057,
  CKM_AES_CBC: 0x1082,
  CKM_AES_GCM: 0x1087,
  CKM_AES_CMAC: 0x108a,
} as const satisfies Readonly<Record<string, number>>;

export type MechanismName = keyof typeof MECHANISMS;
