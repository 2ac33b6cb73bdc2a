import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../../src/edge/http/base64.ts';

describe('Base64', () => {
  test.for([
    { text: '', hex: '' },
    { text: 'AA==', hex: '00' },
    { text: 'AAA=', hex: '0000' },
    { text: 'AAAA', hex: '000000' },
    { text: '+/+/', hex: 'fbffbf' },
  ])('X-01: "$text" is $hex', ({ text, hex }) => {
    expect(Buffer.from(decodeBase64(text) ?? 'no').toString('hex')).toBe(hex);
  });

  test.for([
    { what: 'no padding', text: 'AA' },
    { what: 'half the padding', text: 'AA=' },
    { what: 'too much padding', text: 'AAAA====' },
    { what: 'padding alone', text: '====' },
    { what: 'padding inside', text: 'AA==AAAA' },
    { what: 'trailing bits', text: 'AB==' },
    { what: 'trailing bits in the third character', text: 'AAB=' },
    { what: 'the URL-safe alphabet', text: '-_-_' },
    { what: 'a line break', text: 'AAAA\nAAA' },
    { what: 'a space', text: 'AAA ' },
    { what: 'another character', text: 'AA*A' },
    { what: 'a letter beyond ASCII', text: 'AAAÄ' },
  ])('X-01: $what is refused', ({ text }) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('X-01: every value has one text, and comes back from it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Buffer.from(decodeBase64(encodeBase64(bytes)) ?? 'no')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const bytes = decodeBase64(text);
        expect(bytes === undefined ? text : encodeBase64(bytes)).toBe(text);
      }),
    );
  });

  it('encodes a view, not the buffer beneath it', () => {
    expect(encodeBase64(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe('AgM=');
  });
});
