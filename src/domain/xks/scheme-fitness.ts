/**
 * Which objects of a token can serve which scheme. The sets are disjoint: no object fits two schemes, so that
 * none can ever be used in two (docs/aead.md, "Key separation"). What a token does not tell counts as the
 * worse of both.
 */
import { AEAD_SCHEMES, type AeadScheme, type DerivedScheme, isDerivedScheme } from '../hsm/aead-scheme.ts';
import type { KeyDescription, KeyUsage } from '../ports/hsm.ts';
import type { CryptoUsage } from './key-store.ts';

/**
 * Why this object cannot be a key of the scheme, or undefined: a clause that ends a sentence about the key.
 * @req X-20 X-49
 */
export function schemeRefusal(scheme: AeadScheme, description: KeyDescription): string | undefined {
  return (
    (scheme === 'hmac' ? secretRefusal(description) : aesRefusal(description)) ??
    (isDerivedScheme(scheme) ? usageRefusal(scheme, description) : undefined)
  );
}

/**
 * What a key of the scheme, which {@link schemeRefusal} lets pass, can do for AWS KMS. A key that derives does
 * the same work in both directions. Of a native one, ENCRYPT without DECRYPT is worth nothing: nobody could
 * read what it encrypts, and a CBC-MAC key looks just like it.
 * @req X-21
 */
export function objectUsages(scheme: AeadScheme, description: KeyDescription): readonly CryptoUsage[] {
  if (isDerivedScheme(scheme) || (description.canEncrypt && description.canDecrypt)) return BOTH;
  return description.canDecrypt ? ['DECRYPT'] : [];
}

/** The scheme for which this object could serve, or undefined: there is never a second one. */
export function fittingScheme(description: KeyDescription): AeadScheme | undefined {
  return AEAD_SCHEMES.find(
    (scheme) =>
      schemeRefusal(scheme, description) === undefined && objectUsages(scheme, description).length > 0,
  );
}

function aesRefusal({ keyType, bits }: KeyDescription): string | undefined {
  if (keyType !== 'AES') return `it is not an AES key (the token says ${keyType})`;
  if (bits === 0) return LENGTH_WITHHELD;
  return bits === KEY_BITS ? undefined : `it has ${bits} bits, and AES_256 needs ${KEY_BITS}`;
}

/**
 * A longer key is as good: HMAC itself brings it to the size of a block (FIPS 198-1; SP 800-107, section 5.3.2).
 * A device that has HMAC-SHA-256 keys as a type of their own may not tell a length (YubiHSM 2 does not).
 */
function secretRefusal({ keyType, bits }: KeyDescription): string | undefined {
  if (keyType !== 'GENERIC_SECRET' && keyType !== 'SHA256_HMAC') {
    return `it is neither a generic secret nor an HMAC-SHA-256 key (the token says ${keyType})`;
  }
  if (bits === 0) return keyType === 'SHA256_HMAC' ? undefined : LENGTH_WITHHELD;
  return bits >= KEY_BITS ? undefined : `it has ${bits} bits, and scheme hmac needs ${KEY_BITS} at least`;
}

function usageRefusal(scheme: DerivedScheme, description: KeyDescription): string | undefined {
  const { needs, forbids } = USAGES[scheme];
  const present = usagesOf(description);
  const missing = needs.filter((usage) => !present.includes(usage));
  if (missing.length > 0) return misfit(scheme, 'must have', missing, description);
  const excess = forbids.filter((usage) => present.includes(usage) || isWithheld(usage, description));
  return excess.length > 0 ? misfit(scheme, 'must not have', excess, description) : undefined;
}

function misfit(
  scheme: DerivedScheme,
  verb: string,
  usages: readonly KeyUsage[],
  description: KeyDescription,
): string {
  const names = usages.map((usage) =>
    isWithheld(usage, description) ? `CKA_${usage} (which the token does not tell)` : `CKA_${usage}`,
  );
  return `a key of scheme ${scheme} ${verb} ${names.join(', ')}; keys create --scheme ${scheme} makes one that fits`;
}

function isWithheld(usage: KeyUsage, { withheld }: KeyDescription): boolean {
  return withheld?.includes(usage) === true;
}

/** The usages that an object has, in the order of {@link KeyUsage}. */
export function usagesOf(description: KeyDescription): readonly KeyUsage[] {
  const { canEncrypt, canDecrypt, canSign, canVerify, canWrap, canUnwrap, canDerive } = description;
  const flags: readonly (readonly [KeyUsage, boolean])[] = [
    ['ENCRYPT', canEncrypt],
    ['DECRYPT', canDecrypt],
    ['SIGN', canSign],
    ['VERIFY', canVerify],
    ['WRAP', canWrap],
    ['UNWRAP', canUnwrap],
    ['DERIVE', canDerive],
  ];
  return flags.flatMap(([usage, set]) => (set ? [usage] : []));
}

interface UsageRule {
  readonly needs: readonly KeyUsage[];
  readonly forbids: readonly KeyUsage[];
}

/**
 * Whatever else a pseudo-random function's key could do would give away values of the function. VERIFY tells
 * no more than whoever may SIGN knows anyway, and many devices set both or neither.
 */
const USAGES: Readonly<Record<DerivedScheme, UsageRule>> = {
  hmac: { needs: ['SIGN'], forbids: ['ENCRYPT', 'DECRYPT', 'WRAP', 'UNWRAP', 'DERIVE'] },
  cmac: { needs: ['SIGN'], forbids: ['ENCRYPT', 'DECRYPT', 'WRAP', 'UNWRAP', 'DERIVE'] },
  'cbc-mac': { needs: ['ENCRYPT'], forbids: ['DECRYPT', 'SIGN', 'VERIFY', 'WRAP', 'UNWRAP', 'DERIVE'] },
};

const BOTH: readonly CryptoUsage[] = ['ENCRYPT', 'DECRYPT'];
const KEY_BITS = 256;
const LENGTH_WITHHELD = 'the token does not tell its length (CKA_VALUE_LEN)';
