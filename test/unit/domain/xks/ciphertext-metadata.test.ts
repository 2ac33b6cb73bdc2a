import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import {
  type CiphertextOrigin,
  decodeCiphertextMetadata,
  encodeCiphertextMetadata,
  isReservedMetadata,
} from '../../../../src/domain/xks/ciphertext-metadata.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const NONCE = '000102030405060708090a0b0c0d0e0f';

describe('ciphertext metadata', () => {
  test.for([
    { generation: 0, expected: '' },
    { generation: 1, expected: '01010001' },
    { generation: 255, expected: '010100ff' },
    { generation: 256, expected: '01010100' },
    { generation: 65_535, expected: '0101ffff' },
  ])(
    'X-30 X-33: native GCM of generation $generation is written as "$expected"',
    ({ generation, expected }) => {
      const origin = { scheme: 'native-gcm', generation } as const;
      expect(toHex(encodeCiphertextMetadata(origin))).toBe(expected);
      expect(decodeCiphertextMetadata(hex(expected))).toEqual(origin);
    },
  );

  test.for([
    { scheme: 'cmac', generation: 0, expected: `01020000${NONCE}` },
    { scheme: 'cmac', generation: 1, expected: `01020001${NONCE}` },
    { scheme: 'hmac', generation: 0, expected: `01030000${NONCE}` },
    { scheme: 'hmac', generation: 258, expected: `01030102${NONCE}` },
    { scheme: 'cbc-mac', generation: 65_535, expected: `0104ffff${NONCE}` },
  ] as const)(
    'X-30 X-33: scheme $scheme of generation $generation is written as "$expected"',
    ({ scheme, generation, expected }) => {
      const nonce = hex(NONCE);
      expect(toHex(encodeCiphertextMetadata({ scheme, generation, nonce }))).toBe(expected);
      expect(decodeCiphertextMetadata(hex(expected))).toEqual({ scheme, generation, nonce });
    },
  );

  test.for([{ generation: -1 }, { generation: 65_536 }, { generation: 1.5 }, { generation: Number.NaN }])(
    'generation $generation cannot be written',
    ({ generation }) => {
      expect(() => encodeCiphertextMetadata({ scheme: 'native-gcm', generation })).toThrow(Bug);
      const nonce = hex(NONCE);
      expect(() => encodeCiphertextMetadata({ scheme: 'hmac', generation, nonce })).toThrow(Bug);
    },
  );

  test.for([{ bytes: 0 }, { bytes: 15 }, { bytes: 17 }])(
    'a nonce of $bytes bytes cannot be written',
    ({ bytes }) => {
      const nonce = new Uint8Array(bytes);
      expect(() => encodeCiphertextMetadata({ scheme: 'cmac', generation: 0, nonce })).toThrow(Bug);
    },
  );

  test.for([
    { what: 'an unknown version', text: '02010001' },
    { what: 'an unknown version with a nonce', text: `02030001${NONCE}` },
    { what: 'version 0', text: `00030001${NONCE}` },
    { what: 'scheme 0', text: '01000001' },
    { what: 'scheme 0 with a nonce', text: `01000001${NONCE}` },
    { what: 'scheme 5, which is for later', text: `01050001${NONCE}` },
    { what: 'native GCM with a nonce', text: `01010001${NONCE}` },
    { what: 'the CMAC scheme without its nonce', text: '01020001' },
    { what: 'the HMAC scheme without its nonce', text: '01030001' },
    { what: 'the CBC-MAC scheme without its nonce', text: '01040001' },
    { what: 'a nonce of 15 bytes', text: `01030001${NONCE.slice(2)}` },
    { what: 'a nonce of 17 bytes', text: `01030001${NONCE}00` },
    { what: 'native GCM of generation 0 in the long form', text: '01010000' },
    { what: 'a byte too few', text: '010100' },
    { what: 'a byte too many', text: '0101000100' },
  ])('X-33: $what is not of this release', ({ text }) => {
    expect(decodeCiphertextMetadata(hex(text))).toBeUndefined();
  });

  it('X-38: whatever decodes is the one encoding of its origin', () => {
    const head = fc.tuple(fc.constantFrom(0, 1, 2), fc.nat(6), fc.nat(255), fc.nat(255));
    const tail = fc.oneof(fc.constant([]), fc.array(fc.nat(255), { minLength: 15, maxLength: 17 }));
    fc.assert(
      fc.property(head, tail, (start, end) => {
        const bytes = Uint8Array.from([...start, ...end]);
        const origin = decodeCiphertextMetadata(bytes);
        const again = origin === undefined ? bytes : encodeCiphertextMetadata(origin);
        expect(toHex(again)).toBe(toHex(bytes));
      }),
    );
  });

  it('X-33: every origin comes back', () => {
    const generation = fc.integer({ min: 0, max: 65_535 });
    const native = fc.record({ scheme: fc.constant('native-gcm' as const), generation });
    const derived = fc.record({
      scheme: fc.constantFrom('hmac' as const, 'cmac' as const, 'cbc-mac' as const),
      generation,
      nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    });
    fc.assert(
      fc.property(fc.oneof<fc.Arbitrary<CiphertextOrigin>[]>(native, derived), (origin) => {
        expect(decodeCiphertextMetadata(encodeCiphertextMetadata(origin))).toEqual(origin);
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
