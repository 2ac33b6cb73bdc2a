import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Bug } from '../../../../src/domain/bug.ts';
import { gcmAad } from '../../../../src/domain/xks/gcm-aad.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the GCM AAD', () => {
  test.for([
    { what: 'neither', input: '', lengthBytes: 0, metadata: '', expected: '000000' },
    { what: 'AAD alone', input: 'aabb', lengthBytes: 2, metadata: '', expected: '0002aabb00' },
    { what: 'metadata alone', input: '', lengthBytes: 0, metadata: '01010001', expected: '00000401010001' },
    { what: 'both', input: 'aa', lengthBytes: 1, metadata: '0102', expected: '0001aa020102' },
    {
      what: 'a digest in place of the data',
      input: 'ffff',
      lengthBytes: 8192,
      metadata: '',
      expected: '2000ffff00',
    },
  ])('X-32 X-31: $what is laid out as length, data, length, metadata', (row) => {
    const aad = gcmAad({ lengthBytes: row.lengthBytes, input: hex(row.input) }, hex(row.metadata));
    expect(toHex(aad)).toBe(row.expected);
  });

  it('X-32: the length of the longest AAD we take is written in both bytes', () => {
    const aad = gcmAad({ lengthBytes: 8192, input: new Uint8Array(8192) }, new Uint8Array(0));
    expect(aad.length).toBe(8195);
    expect(toHex(aad.subarray(0, 2))).toBe('2000');
  });

  it('mistake 1: an AAD over 65 535 bytes is refused, never wrapped into another length', () => {
    expect(() => gcmAad({ lengthBytes: 65_536, input: new Uint8Array(0) }, new Uint8Array(0))).toThrow(Bug);
    expect(() => gcmAad({ lengthBytes: 65_535, input: new Uint8Array(0) }, new Uint8Array(0))).not.toThrow();
  });

  it('mistake 9: metadata that does not fit its length byte is refused', () => {
    expect(() => gcmAad({ lengthBytes: 0, input: new Uint8Array(0) }, new Uint8Array(256))).toThrow(Bug);
  });

  it('X-31 X-32: two different pairs of AAD and metadata never give the same bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (aadA, metaA, aadB, metaB) => {
        const one = gcmAad({ lengthBytes: aadA.length, input: aadA }, metaA);
        const other = gcmAad({ lengthBytes: aadB.length, input: aadB }, metaB);
        const samePair = toHex(aadA) === toHex(aadB) && toHex(metaA) === toHex(metaB);
        expect(toHex(one) === toHex(other)).toBe(samePair);
      }),
    );
  });
});
