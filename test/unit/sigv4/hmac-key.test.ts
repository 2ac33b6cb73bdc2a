import { createHmac } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bug } from '../../../src/domain/bug.ts';
import { HmacKey } from '../../../src/sigv4/hmac-key.ts';

describe('an HMAC key', () => {
  // RFC 4231, test cases 1 and 2.
  it.for([
    {
      key: '0b'.repeat(20),
      text: 'Hi There',
      mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      key: '4a656665',
      text: 'what do ya want for nothing?',
      mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
  ])('makes the MAC of RFC 4231 for "$text"', ({ key, text, mac }) => {
    expect(new HmacKey(Buffer.from(key, 'hex')).hexOf(text)).toBe(mac);
  });

  it('agrees with OpenSSL and with a second implementation, one text after the other', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 2, maxLength: 4 }),
        (key, messages) => {
          const hmacKey = new HmacKey(key);
          for (const message of messages) {
            const made = hmacKey.hexOf(Buffer.from(message).toString('latin1'));
            expect(made).toBe(createHmac('sha256', key).update(message).digest('hex'));
            expect(made).toBe(bytesToHex(hmac(sha256, key, message)));
          }
        },
      ),
    );
  });

  it('keeps its own copy of the key', () => {
    const bytes = Buffer.alloc(32, 7);
    const key = new HmacKey(bytes);
    const before = key.hexOf('text');
    bytes.fill(0);
    expect(key.hexOf('text')).toBe(before);
  });

  it.for([0, 65])('refuses a key of %i bytes', (length) => {
    expect(() => new HmacKey(new Uint8Array(length))).toThrow(Bug);
  });
});
