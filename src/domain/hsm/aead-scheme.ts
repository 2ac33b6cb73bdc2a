/**
 * The ways in which a key of a token makes AES-256-GCM ciphertexts. With `native-gcm` the token does all of
 * it; with the others the token is a pseudo-random function, from which each message gets a key of its own
 * (docs/aead.md). A key serves one scheme for ever.
 */

/** By the name that configuration uses. */
export const AEAD_SCHEMES = ['native-gcm', 'hmac', 'cmac', 'cbc-mac'] as const;

export type AeadScheme = (typeof AEAD_SCHEMES)[number];

/** Schemes whose messages have keys of their own. */
export type DerivedScheme = Exclude<AeadScheme, 'native-gcm'>;

/** How ciphertext metadata and key derivation name a scheme: in stored ciphertexts, and so for ever. */
export const SCHEME_NUMBERS: Readonly<Record<AeadScheme, number>> = {
  'native-gcm': 1,
  cmac: 2,
  hmac: 3,
  'cbc-mac': 4,
};

export function isDerivedScheme(scheme: AeadScheme): scheme is DerivedScheme {
  return DERIVED_SCHEMES.includes(scheme as DerivedScheme);
}

/** The derived scheme of this number, or undefined. */
export function derivedSchemeOf(number: number | undefined): DerivedScheme | undefined {
  return DERIVED_SCHEMES.find((scheme) => SCHEME_NUMBERS[scheme] === number);
}

const DERIVED_SCHEMES: readonly DerivedScheme[] = ['hmac', 'cmac', 'cbc-mac'];
