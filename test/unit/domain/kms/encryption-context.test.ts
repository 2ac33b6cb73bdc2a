import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { canonicalContext, checkContext } from '../../../../src/domain/kms/encryption-context.ts';

const hexOf = (context: Readonly<Record<string, string>>) =>
  Buffer.from(canonicalContext(context)).toString('hex');

const contexts = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  { maxKeys: 5 },
);

describe('the bytes of an encryption context', () => {
  it('are none without a context, as for an empty one', () => {
    expect(canonicalContext(undefined)).toStrictEqual(new Uint8Array(0));
    expect(canonicalContext({})).toStrictEqual(new Uint8Array(0));
  });

  test.for([
    { title: 'one pair', context: { a: 'bc' }, hex: '000161' + '00026263' },
    { title: 'a boundary elsewhere', context: { ab: 'c' }, hex: '00026162' + '000163' },
    { title: 'empty texts', context: { '': '' }, hex: '0000' + '0000' },
    { title: 'pairs out of order', context: { b: '2', a: '1' }, hex: '000161000131' + '000162000132' },
    { title: 'a key that starts another', context: { ab: '', a: '' }, hex: '0001610000' + '000261620000' },
    { title: 'letters of two bytes', context: { é: 'ü' }, hex: '0002c3a9' + '0002c3bc' },
    {
      title: 'keys whose UTF-16 sorts otherwise',
      context: { '\u{10000}': '', '\uffee': '' },
      hex: '0003efbfae0000' + '0004f09080800000',
    },
  ])('for $title are as written here', ({ context, hex }) => {
    expect(hexOf(context as Record<string, string>)).toBe(hex);
  });

  it('are the same in whatever order the pairs come', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const turned = Object.fromEntries(Object.entries(context).reverse());
        expect(hexOf(turned)).toBe(hexOf(context));
      }),
    );
  });

  it('can be read back, so that different contexts never share them', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const pairs = readBack(Buffer.from(canonicalContext(context)));
        expect(new Map(pairs)).toStrictEqual(new Map(Object.entries(context)));
        expect(pairs).toHaveLength(Object.keys(context).length);
      }),
    );
  });

  it('may be 8 192 long, and no longer', () => {
    expect(canonicalContext({ a: 'b'.repeat(8187) })).toHaveLength(8192);
    expect(() => canonicalContext({ a: 'b'.repeat(8188) })).toThrow(
      expect.objectContaining({ code: 'ValidationException' }),
    );
    expect(() => canonicalContext({ a: 'é'.repeat(4094) })).toThrow(/8193 bytes/);
  });

  test.for([{ a: '\ud800' }, { a: '\udc00' }, { '\ud800': 'a' }, { a: 'x\udc00\ud800' }])(
    'do not exist for half a surrogate pair: %o',
    (context) => {
      expect(() => canonicalContext(context as Record<string, string>)).toThrow(/surrogate/);
    },
  );
});

describe('the check of an encryption context', () => {
  test.for([
    undefined,
    {},
    { a: 'b' },
    { a: 'b'.repeat(8187) },
    { a: 'é'.repeat(4093) },
    { a: '\uffee'.repeat(2729) },
    { '\u{10000}': '\u{10000}'.repeat(2045) },
  ])('lets pass what has bytes: case %$', (context) => {
    expect(() => checkContext(context)).not.toThrow();
    expect(canonicalContext(context).length).toBeLessThanOrEqual(8192);
  });

  test.for([
    { a: 'b'.repeat(8188) },
    { a: 'é'.repeat(4094) },
    { a: '\uffee'.repeat(2730) },
    { a: '\ud800' },
    { '\udc00': 'a' },
  ])('refuses what has none: case %$', (context) => {
    const refusal = expect.objectContaining({ code: 'ValidationException' });
    expect(() => checkContext(context as Record<string, string>)).toThrow(refusal);
    expect(() => canonicalContext(context as Record<string, string>)).toThrow(refusal);
  });
});

function readBack(bytes: Buffer): [string, string][] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    texts.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] as string]] : []));
}
