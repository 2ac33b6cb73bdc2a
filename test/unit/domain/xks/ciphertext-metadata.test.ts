import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import {
  decodeCiphertextMetadata,
  encodeCiphertextMetadata,
  isReservedMetadata,
} from '../../../../src/domain/xks/ciphertext-metadata.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('ciphertext metadata', () => {
  test.for([
    { generation: 0, expected: '' },
    { generation: 1, expected: '01010001' },
    { generation: 255, expected: '010100ff' },
    { generation: 256, expected: '01010100' },
    { generation: 65_535, expected: '0101ffff' },
  ])('X-30 X-33: generation $generation is written as "$expected"', ({ generation, expected }) => {
    expect(Buffer.from(encodeCiphertextMetadata(generation)).toString('hex')).toBe(expected);
    expect(decodeCiphertextMetadata(hex(expected))).toEqual({ scheme: 'native-gcm', generation });
  });

  test.for([{ generation: -1 }, { generation: 65_536 }, { generation: 1.5 }, { generation: Number.NaN }])(
    'generation $generation cannot be written',
    ({ generation }) => {
      expect(() => encodeCiphertextMetadata(generation)).toThrow(Bug);
    },
  );

  test.for([
    { what: 'an unknown version', text: '02010001' },
    { what: 'scheme 0', text: '01000001' },
    { what: 'the CMAC scheme without its nonce', text: '01020001' },
    { what: 'the CMAC scheme', text: `01020001${'00'.repeat(16)}` },
    { what: 'the HMAC scheme', text: `01030001${'00'.repeat(16)}` },
    { what: 'the CBC-MAC scheme', text: `01040001${'00'.repeat(16)}` },
    { what: 'generation 0 in the long form', text: '01010000' },
    { what: 'a byte too few', text: '010100' },
    { what: 'a byte too many', text: '0101000100' },
  ])('X-33: $what is not of this release', ({ text }) => {
    expect(decodeCiphertextMetadata(hex(text))).toBeUndefined();
  });

  it('X-38: whatever decodes is the one encoding of its generation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        const origin = decodeCiphertextMetadata(bytes);
        const again = origin === undefined ? bytes : encodeCiphertextMetadata(origin.generation);
        expect(Buffer.from(again)).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), (generation) => {
        expect(decodeCiphertextMetadata(encodeCiphertextMetadata(generation))?.generation).toBe(generation);
      }),
    );
  });

  test.for([
    { text: '', reserved: true },
    { text: '01010001', reserved: true },
    { text: '01ffffff', reserved: true },
    { text: `01${'ff'.repeat(19)}`, reserved: true },
    { text: '02010001', reserved: false },
    { text: '010203', reserved: false },
    { text: `01${'00'.repeat(18)}`, reserved: false },
    { text: `02${'00'.repeat(19)}`, reserved: false },
  ])('X-30 X-38: "$text" is kept for forms of our own: $reserved', ({ text, reserved }) => {
    expect(isReservedMetadata(hex(text))).toBe(reserved);
  });
});
