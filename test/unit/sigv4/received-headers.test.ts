import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalValue, collectHeaders } from '../../../src/sigv4/received-headers.ts';
import { verifySignature } from '../../../src/sigv4/verify.ts';
import { AMZ_DATE, signedRequest } from './reference-signer.ts';
import { verifyOptions } from './verification.ts';

const whitespace = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 4 });
const word = fc.string({
  unit: fc.constantFrom('a', 'B', '1', '"', ';', '=', '\xa0', '\xc3'),
  minLength: 1,
  maxLength: 6,
});

describe('received headers', () => {
  it('X-63: are grouped by lower-case name in order of arrival', () => {
    const headers = collectHeaders(['Host', 'h', 'X-B', '2', 'x-b', '1', 'X-Last']);
    expect([...headers]).toEqual([
      ['host', ['h']],
      ['x-b', ['2', '1']],
      ['x-last', ['']],
    ]);
  });

  it.for([
    { values: ['a'], expected: 'a' },
    { values: [''], expected: '' },
    { values: [' '], expected: '' },
    { values: ['   '], expected: '' },
    { values: ['  a   b  '], expected: 'a b' },
    { values: ['a b'], expected: 'a b' },
    { values: ['\ta\t\tb\t'], expected: 'a b' },
    { values: ['"a   b"'], expected: '"a b"' },
    { values: ['a\r\n  b'], expected: 'a b' },
    { values: ['b', ' a ', 'b'], expected: 'b,a,b' },
    { values: ['\xa0a\xa0'], expected: '\xa0a\xa0' },
  ])('X-63: $values have the canonical value "$expected"', ({ values, expected }) => {
    expect(canonicalValue(values)).toBe(expected);
  });

  it('X-63: whitespace around and between words does not change the canonical value', () => {
    const spaced = fc.array(fc.tuple(whitespace, word), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(spaced, whitespace, (pieces, tail) => {
        const sent =
          pieces.map(([space, text], index) => (index === 0 ? space : `${space} `) + text).join('') + tail;
        expect(canonicalValue([sent])).toBe(pieces.map(([, text]) => text).join(' '));
      }),
    );
  });

  it('X-63: the order of different headers does not change the verdict', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    fc.assert(
      fc.property(order, (indexes) => {
        const sent = signedRequest({
          signedHeaders: [
            ['content-type', 'application/json'],
            ['host', 'proxy.example.com'],
            ['x-amz-date', AMZ_DATE],
          ],
          rawHeaders: [
            'HOST',
            'proxy.example.com',
            'X-Amz-Date',
            AMZ_DATE,
            'content-Type',
            ' application/json',
            'X-Unsigned',
            '1',
          ],
        });
        const rawHeaders = indexes.flatMap((index) => sent.rawHeaders.slice(2 * index, 2 * index + 2));
        expect(verifySignature({ ...sent, rawHeaders }, verifyOptions()).signedHeaders).toHaveLength(3);
      }),
    );
  });

  it('X-63: repeated headers verify as one header with their values joined in order of arrival', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const sent = signedRequest({
          signedHeaders: [
            ['host', 'proxy.example.com'],
            ['via', words.join(',')],
            ['x-amz-date', AMZ_DATE],
          ],
          rawHeaders: [
            'Host',
            'proxy.example.com',
            'X-Amz-Date',
            AMZ_DATE,
            ...words.flatMap((text) => ['Via', text]),
          ],
        });
        expect(verifySignature(sent, verifyOptions()).signedHeaders).toEqual(['host', 'via', 'x-amz-date']);
      }),
    );
  });
});
