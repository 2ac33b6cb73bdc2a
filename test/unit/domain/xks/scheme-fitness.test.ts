import { describe, expect, it, test } from 'vitest';
import type { KeyDescription, KeyUsage } from '../../../../src/domain/ports/hsm.ts';
import {
  fittingScheme,
  objectUsages,
  schemeRefusal,
  usagesOf,
} from '../../../../src/domain/xks/scheme-fitness.ts';
import { keyDescription } from './samples.ts';

const USAGES: readonly KeyUsage[] = ['ENCRYPT', 'DECRYPT', 'SIGN', 'VERIFY', 'WRAP', 'UNWRAP', 'DERIVE'];
const SCHEMES = ['native-gcm', 'hmac', 'cmac', 'cbc-mac'] as const;

/** A key with just these usages. */
function key(usages: readonly KeyUsage[], overrides: Partial<KeyDescription> = {}): KeyDescription {
  return keyDescription({
    canEncrypt: usages.includes('ENCRYPT'),
    canDecrypt: usages.includes('DECRYPT'),
    canSign: usages.includes('SIGN'),
    canVerify: usages.includes('VERIFY'),
    canWrap: usages.includes('WRAP'),
    canUnwrap: usages.includes('UNWRAP'),
    canDerive: usages.includes('DERIVE'),
    ...overrides,
  });
}

const secret = { keyType: 'GENERIC_SECRET' } as const;

describe('a key and its scheme', () => {
  test.for([
    { scheme: 'native-gcm', usages: ['ENCRYPT', 'DECRYPT'], type: {} },
    {
      scheme: 'native-gcm',
      usages: ['ENCRYPT', 'DECRYPT', 'SIGN', 'VERIFY', 'WRAP', 'UNWRAP', 'DERIVE'],
      type: {},
    },
    { scheme: 'native-gcm', usages: ['DECRYPT'], type: {} },
    { scheme: 'hmac', usages: ['SIGN'], type: secret },
    { scheme: 'hmac', usages: ['SIGN', 'VERIFY'], type: secret },
    { scheme: 'hmac', usages: ['SIGN'], type: { ...secret, bits: 512 } },
    { scheme: 'hmac', usages: ['SIGN'], type: { keyType: 'SHA256_HMAC' } },
    { scheme: 'hmac', usages: ['SIGN'], type: { keyType: 'SHA256_HMAC', bits: 0 } },
    { scheme: 'cmac', usages: ['SIGN'], type: {} },
    { scheme: 'cmac', usages: ['SIGN', 'VERIFY'], type: {} },
    { scheme: 'cbc-mac', usages: ['ENCRYPT'], type: {} },
  ] as const)('X-20: $type that may $usages fits $scheme', ({ scheme, usages, type }) => {
    const description = key(usages, type);
    expect(schemeRefusal(scheme, description)).toBeUndefined();
    expect(fittingScheme(description)).toBe(scheme);
  });

  test.for([
    {
      scheme: 'hmac',
      usages: ['SIGN'],
      type: {},
      reason: 'it is neither a generic secret nor an HMAC-SHA-256 key (the token says AES)',
    },
    {
      scheme: 'hmac',
      usages: ['SIGN'],
      type: { keyType: 'OTHER' },
      reason: 'it is neither a generic secret nor an HMAC-SHA-256 key (the token says OTHER)',
    },
    {
      scheme: 'hmac',
      usages: ['SIGN'],
      type: { ...secret, bits: 248 },
      reason: 'it has 248 bits, and scheme hmac needs 256 at least',
    },
    {
      scheme: 'hmac',
      usages: ['SIGN'],
      type: { keyType: 'SHA256_HMAC', bits: 128 },
      reason: 'it has 128 bits, and scheme hmac needs 256 at least',
    },
    {
      scheme: 'hmac',
      usages: ['SIGN'],
      type: { ...secret, bits: 0 },
      reason: 'the token does not tell its length (CKA_VALUE_LEN)',
    },
    {
      scheme: 'hmac',
      usages: ['VERIFY'],
      type: secret,
      reason: 'a key of scheme hmac must have CKA_SIGN; keys create --scheme hmac makes one that fits',
    },
    {
      scheme: 'hmac',
      usages: ['SIGN', 'DERIVE', 'WRAP'],
      type: secret,
      reason:
        'a key of scheme hmac must not have CKA_WRAP, CKA_DERIVE; keys create --scheme hmac makes one that fits',
    },
    {
      scheme: 'cmac',
      usages: ['SIGN'],
      type: secret,
      reason: 'it is not an AES key (the token says GENERIC_SECRET)',
    },
    {
      scheme: 'cmac',
      usages: ['SIGN'],
      type: { bits: 128 },
      reason: 'it has 128 bits, and AES_256 needs 256',
    },
    {
      scheme: 'cmac',
      usages: ['SIGN'],
      type: { bits: 0 },
      reason: 'the token does not tell its length (CKA_VALUE_LEN)',
    },
    {
      scheme: 'cmac',
      usages: ['ENCRYPT', 'SIGN'],
      type: {},
      reason: 'a key of scheme cmac must not have CKA_ENCRYPT; keys create --scheme cmac makes one that fits',
    },
    {
      scheme: 'cmac',
      usages: [],
      type: { withheld: ['SIGN'] },
      reason:
        'a key of scheme cmac must have CKA_SIGN (which the token does not tell); keys create --scheme cmac makes one that fits',
    },
    {
      scheme: 'cmac',
      usages: ['SIGN'],
      type: { withheld: ['VERIFY', 'UNWRAP'] },
      reason:
        'a key of scheme cmac must not have CKA_UNWRAP (which the token does not tell); keys create --scheme cmac makes one that fits',
    },
    {
      scheme: 'cbc-mac',
      usages: ['ENCRYPT', 'DECRYPT'],
      type: {},
      reason:
        'a key of scheme cbc-mac must not have CKA_DECRYPT; keys create --scheme cbc-mac makes one that fits',
    },
    {
      scheme: 'cbc-mac',
      usages: ['ENCRYPT', 'VERIFY'],
      type: {},
      reason:
        'a key of scheme cbc-mac must not have CKA_VERIFY; keys create --scheme cbc-mac makes one that fits',
    },
    {
      scheme: 'cbc-mac',
      usages: ['SIGN'],
      type: {},
      reason:
        'a key of scheme cbc-mac must have CKA_ENCRYPT; keys create --scheme cbc-mac makes one that fits',
    },
  ] as const)(
    'X-20 X-49: $type that may $usages is refused for $scheme: $reason',
    ({ scheme, usages, type, reason }) => {
      expect(schemeRefusal(scheme, key(usages, type))).toBe(reason);
    },
  );

  it('X-09: no object fits two schemes, whatever its type and usages, told or withheld', () => {
    const seen = new Map<string, number>();
    for (const keyType of ['AES', 'GENERIC_SECRET', 'SHA256_HMAC', 'OTHER'] as const) {
      for (let set = 0; set < 128; set += 1) {
        for (let hidden = 0; hidden < 128; hidden += 1) {
          const withheld = USAGES.filter((_, bit) => (hidden >> bit) & 1);
          const usages = USAGES.filter((usage, bit) => (set >> bit) & 1 && !withheld.includes(usage));
          const description = key(usages, { keyType, withheld });
          const fits = SCHEMES.filter(
            (scheme) =>
              schemeRefusal(scheme, description) === undefined &&
              objectUsages(scheme, description).length > 0,
          );
          expect(fits.length).toBeLessThanOrEqual(1);
          expect(fittingScheme(description)).toBe(fits[0]);
          for (const scheme of fits) seen.set(scheme, (seen.get(scheme) ?? 0) + 1);
        }
      }
    }
    expect([...seen.keys()].sort()).toEqual([...SCHEMES].sort());
  });

  it('lists the usages of a key in their order', () => {
    expect(usagesOf(key(USAGES))).toEqual(USAGES);
    expect(usagesOf(key([]))).toEqual([]);
  });
});
