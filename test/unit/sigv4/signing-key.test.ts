import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bug } from '../../../src/domain/bug.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { HmacKey } from '../../../src/sigv4/hmac-key.ts';
import { deriveSigningKey } from '../../../src/sigv4/signing-key.ts';
import { type SigningCredential, SigningKeyCache } from '../../../src/sigv4/signing-key-cache.ts';
import { referenceSigningKey } from './reference-signer.ts';

describe('the signing key', () => {
  it("X-61: is the one of the AWS documentation's example", () => {
    const secret = new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
    const key = deriveSigningKey(secret, { date: '20150830', region: 'us-east-1', service: 'iam' });
    expect(key.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
  });

  it('X-61: agrees with a second implementation of HMAC and SHA-256', () => {
    const text = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 70 })
      .map((part) => part.replaceAll('/', '-'));
    fc.assert(
      fc.property(text, text, text, text, (secret, date, region, service) => {
        const key = deriveSigningKey(new Secret(secret), { date, region, service });
        const expected = referenceSigningKey(secret, `${date}/${region}/${service}/aws4_request`);
        expect(Uint8Array.from(key)).toEqual(expected);
      }),
    );
  });
});

describe('the signing key cache', () => {
  it('derives a key once', () => {
    const cache = new SigningKeyCache();
    expect(cache.keyFor(credential())).toBe(cache.keyFor(credential()));
    expect(cache.size).toBe(1);
  });

  it.for([
    { part: 'access key id', change: { accessKeyId: 'B' } },
    { part: 'date', change: { date: '20260302' } },
    { part: 'Region', change: { region: 'eu-west-1' } },
    { part: 'service', change: { service: 'kms' } },
  ])('holds another key for another $part', ({ change }) => {
    const cache = new SigningKeyCache();
    expect(cache.keyFor(credential(change))).not.toBe(cache.keyFor(credential()));
    expect(cache.size).toBe(2);
  });

  it('X-66: derives anew, in place, when the secret of an access key id has changed', () => {
    const cache = new SigningKeyCache();
    cache.keyFor(credential());
    const key = cache.keyFor(credential({ secret: new Secret('new') }));
    const expected = referenceSigningKey('new', '20260301/us-east-1/kms-xks-proxy/aws4_request');
    expect(key.hexOf('text')).toBe(new HmacKey(expected).hexOf('text'));
    expect(cache.size).toBe(1);
  });

  it('X-66: keeps its keys when a reload makes new objects of the same secrets', () => {
    const cache = new SigningKeyCache();
    expect(cache.keyFor(credential({ secret: new Secret('same') }))).toBe(
      cache.keyFor(credential({ secret: new Secret('same') })),
    );
  });

  it('drops what was used longest ago when it is full', () => {
    const cache = new SigningKeyCache(2);
    const first = cache.keyFor(credential({ accessKeyId: 'first' }));
    const second = cache.keyFor(credential({ accessKeyId: 'second' }));
    cache.keyFor(credential({ accessKeyId: 'first' }));
    cache.keyFor(credential({ accessKeyId: 'third' }));
    expect(cache.size).toBe(2);
    expect(cache.keyFor(credential({ accessKeyId: 'first' }))).toBe(first);
    expect(cache.keyFor(credential({ accessKeyId: 'second' }))).not.toBe(second);
  });

  it.for([0, -1, 1.5, Number.NaN])('refuses a capacity of %s', (capacity) => {
    expect(() => new SigningKeyCache(capacity)).toThrow(Bug);
  });
});

function credential(changes: Partial<SigningCredential> = {}): SigningCredential {
  return {
    accessKeyId: 'A',
    secret: new Secret('old'),
    date: '20260301',
    region: 'us-east-1',
    service: 'kms-xks-proxy',
    ...changes,
  };
}
