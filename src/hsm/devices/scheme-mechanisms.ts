import { AEAD_SCHEMES, type AeadScheme } from '../../domain/hsm/aead-scheme.ts';

/** The mechanism that a token needs for each scheme. */
export interface SchemeMechanism {
  readonly name: string;
  /** CKM number (PKCS#11 v2.40, mechanisms, appendix A). */
  readonly type: number;
}

/** The schemes whose mechanisms are among these CKM numbers. */
export function schemesAmong(mechanisms: readonly number[]): AeadScheme[] {
  return AEAD_SCHEMES.filter((scheme) => mechanisms.includes(SCHEME_MECHANISMS[scheme].type));
}

export const SCHEME_MECHANISMS: Readonly<Record<AeadScheme, SchemeMechanism>> = {
  'native-gcm': { name: 'CKM_AES_GCM', type: 0x1087 },
  hmac: { name: 'CKM_SHA256_HMAC', type: 0x251 },
  cmac: { name: 'CKM_AES_CMAC', type: 0x108a },
  'cbc-mac': { name: 'CKM_AES_CBC', type: 0x1082 },
};
