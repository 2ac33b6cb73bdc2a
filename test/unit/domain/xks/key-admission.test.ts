import { describe, expect, it, test } from 'vitest';
import { admitKey } from '../../../../src/domain/xks/key-admission.ts';
import { keyDescription, mappedKey } from './samples.ts';

describe('key admission', () => {
  it('X-21: an AES-256 key keeps the usages that configuration and token both allow', () => {
    expect(admitKey(mappedKey('foo'), keyDescription())).toEqual({
      admitted: true,
      usages: ['ENCRYPT', 'DECRYPT'],
    });
  });

  test.for([
    { configured: ['DECRYPT'] as const, canEncrypt: true, canDecrypt: true, usages: ['DECRYPT'] },
    { configured: ['ENCRYPT', 'DECRYPT'] as const, canEncrypt: false, canDecrypt: true, usages: ['DECRYPT'] },
    { configured: ['ENCRYPT', 'DECRYPT'] as const, canEncrypt: true, canDecrypt: false, usages: [] },
    { configured: ['ENCRYPT', 'DECRYPT'] as const, canEncrypt: false, canDecrypt: false, usages: [] },
    { configured: ['ENCRYPT'] as const, canEncrypt: false, canDecrypt: true, usages: [] },
  ])(
    'X-21: configured $configured on a token with encrypt $canEncrypt, decrypt $canDecrypt leaves $usages',
    (row) => {
      const admission = admitKey(
        mappedKey('foo', { usages: new Set(row.configured) }),
        keyDescription({ canEncrypt: row.canEncrypt, canDecrypt: row.canDecrypt }),
      );
      expect(admission).toEqual({ admitted: true, usages: row.usages });
    },
  );

  test.for([
    {
      what: 'a generic secret',
      key: {},
      object: { keyType: 'GENERIC_SECRET' as const },
      reason: 'it is not an AES key (the token says GENERIC_SECRET)',
    },
    { what: 'AES-128', key: {}, object: { bits: 128 }, reason: 'it has 128 bits, and AES_256 needs 256' },
    {
      what: 'an extractable key',
      key: {},
      object: { extractable: true },
      reason: 'it is extractable (CKA_EXTRACTABLE), and allowExtractable is not set for it',
    },
    {
      what: 'a key with another check value',
      key: { kcvHex: 'ffffff' },
      object: {},
      reason: 'its check value is not the pinned one (kcv)',
    },
  ])('mistake 8: X-20: $what is refused with the reason', ({ key, object, reason }) => {
    expect(admitKey(mappedKey('foo', key), keyDescription(object))).toEqual({ admitted: false, reason });
  });

  test.for([
    { scheme: 'hmac' as const, object: { keyType: 'GENERIC_SECRET' as const, canSign: true } },
    { scheme: 'cmac' as const, object: { canSign: true } },
    { scheme: 'cbc-mac' as const, object: { canEncrypt: true } },
  ])('X-21: a key of scheme $scheme serves both ways, as far as configuration lets it', (row) => {
    const description = keyDescription({ canEncrypt: false, canDecrypt: false, ...row.object });
    const { scheme } = row;
    const both = ['ENCRYPT', 'DECRYPT'];
    expect(admitKey(mappedKey('foo', { scheme }), description)).toEqual({ admitted: true, usages: both });
    const decryptOnly = mappedKey('foo', { scheme, usages: new Set(['DECRYPT']) });
    expect(admitKey(decryptOnly, description)).toEqual({ admitted: true, usages: ['DECRYPT'] });
  });

  test.for([
    {
      object: { sensitive: false },
      reason: 'it is not sensitive (CKA_SENSITIVE), and allowExtractable is not set for it',
    },
    {
      object: { extractable: true },
      reason: 'it is extractable (CKA_EXTRACTABLE), and allowExtractable is not set for it',
    },
  ])('X-49: a key that derives is refused when $reason', ({ object, reason }) => {
    const description = keyDescription({ canEncrypt: false, canDecrypt: false, canSign: true, ...object });
    const mapped = mappedKey('foo', { scheme: 'cmac' });
    expect(admitKey(mapped, description)).toEqual({ admitted: false, reason });
    expect(admitKey({ ...mapped, allowExtractable: true }, description).admitted).toBe(true);
  });

  it('mistake 8: X-20: a key of one scheme is refused for another', () => {
    const cmac = keyDescription({ canEncrypt: false, canDecrypt: false, canSign: true });
    expect(admitKey(mappedKey('foo', { scheme: 'cbc-mac' }), cmac)).toEqual({
      admitted: false,
      reason:
        'a key of scheme cbc-mac must have CKA_ENCRYPT; keys create --scheme cbc-mac makes one that fits',
    });
    expect(admitKey(mappedKey('foo'), cmac)).toEqual({ admitted: true, usages: [] });
    expect(admitKey(mappedKey('foo', { scheme: 'cmac' }), keyDescription()).admitted).toBe(false);
  });

  it('X-49: a pinned key on a token that gives no check value is refused', () => {
    const { kcvHex: _, ...withoutKcv } = keyDescription();
    expect(admitKey(mappedKey('foo', { kcvHex: '0a0b0c' }), withoutKcv)).toEqual({
      admitted: false,
      reason: 'its check value is pinned (kcv), and the token gives none to compare',
    });
    expect(admitKey(mappedKey('foo'), withoutKcv).admitted).toBe(true);
  });

  it('X-09: an extractable key is taken where configuration says so, and a pinned one that agrees', () => {
    const mapped = mappedKey('foo', { allowExtractable: true, kcvHex: '0a0b0c' });
    expect(admitKey(mapped, keyDescription({ extractable: true })).admitted).toBe(true);
  });
});

describe('a key of which only trying tells what it may do', () => {
  const tried = keyDescription({ tried: true, bits: 0, canDecrypt: false });
  const entry = mappedKey('foo', { scheme: 'cbc-mac', attestedBits: 256 });

  it('X-20: is admitted by the word for its length', () => {
    expect(admitKey(entry, tried)).toEqual({ admitted: true, usages: ['ENCRYPT', 'DECRYPT'] });
  });

  it('X-20: is refused without that word, whatever else its entry says', () => {
    const reason =
      'the token does not tell its length; look it up on the device, and write attested: { bits: 256 } and kcv into its entry if it has 256 bits';
    expect(admitKey(mappedKey('foo', { scheme: 'cbc-mac' }), tried)).toEqual({ admitted: false, reason });
  });

  it('X-20: is refused when it decrypts, whatever the word', () => {
    const reason =
      'a key of scheme cbc-mac must not have CKA_DECRYPT; keys create --scheme cbc-mac makes one that fits';
    expect(admitKey(entry, { ...tried, canDecrypt: true })).toEqual({ admitted: false, reason });
  });

  test.for([
    { bits: 128, says: 'the token says 128' },
    { bits: 0, says: 'the token says nothing of its length' },
  ])('X-20: a word is no substitute for attributes, of $bits bits', ({ bits, says }) => {
    const description = keyDescription({ bits, canDecrypt: false });
    const reason = `its entry attests 256 bits, and ${says}`;
    expect(admitKey(entry, description)).toEqual({ admitted: false, reason });
  });

  it('X-20: a word that attributes confirm does no harm', () => {
    expect(admitKey(entry, keyDescription({ canDecrypt: false })).admitted).toBe(true);
  });
});
