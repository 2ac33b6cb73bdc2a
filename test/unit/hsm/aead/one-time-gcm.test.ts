import { randomBytes } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { openOnce, sealOnce } from '../../../../src/hsm/aead/one-time-gcm.ts';

const key = randomBytes(32);
const text = { iv: randomBytes(12), aad: randomBytes(20) };
const CORRUPT = { code: 'corrupt', detail: 'the ciphertext does not authenticate' };

describe('AES-256-GCM in memory', () => {
  it('gives test case 16 of McGrew and Viega', () => {
    const sealed = sealOnce(
      Buffer.from('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', 'hex'),
      {
        iv: Buffer.from('cafebabefacedbaddecaf888', 'hex'),
        aad: Buffer.from('feedfacedeadbeeffeedfacedeadbeefabaddad2', 'hex'),
        input: Buffer.from(
          'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
          'hex',
        ),
      },
    );
    expect(sealed.toString('hex')).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    );
  });

  test.for([{ bytes: 0 }, { bytes: 1 }, { bytes: 16 }, { bytes: 65_000 }])(
    'opens the $bytes bytes that it sealed, the tag behind them',
    ({ bytes }) => {
      const input = randomBytes(bytes);
      const sealed = sealOnce(key, { ...text, input });
      expect(sealed.length).toBe(bytes + 16);
      expect(openOnce(key, { ...text, input: sealed }).equals(input)).toBe(true);
    },
  );

  it('refuses every single flipped bit of ciphertext and tag, all in the same words', () => {
    const sealed = sealOnce(key, { ...text, input: randomBytes(5) });
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const input = Buffer.from(sealed);
      input.writeUInt8(input.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => openOnce(key, { ...text, input })).toThrow(expect.objectContaining(CORRUPT));
    }
  });

  test.for([
    { what: 'key', change: { key: randomBytes(32) } },
    { what: 'IV', change: { iv: randomBytes(12) } },
    { what: 'associated data', change: { aad: randomBytes(20) } },
  ])('refuses another $what', ({ change }) => {
    const input = sealOnce(key, { ...text, input: randomBytes(5) });
    const { key: used, ...rest } = { key, ...text, ...change };
    expect(() => openOnce(used, { ...rest, input })).toThrow(expect.objectContaining(CORRUPT));
  });

  it('refuses what is too short for a tag', () => {
    expect(() => openOnce(key, { ...text, input: randomBytes(15) })).toThrow(/cut off/);
  });
});
