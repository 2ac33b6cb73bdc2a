import { describe, expect, it, test } from 'vitest';
import { provablyDistinct, unsharedDuplicates } from '../../../../src/domain/xks/shared-objects.ts';
import { keyDescription, mappedKey } from './samples.ts';

const claim = (
  pathPrefix: string,
  id: string,
  object: Parameters<typeof keyDescription>[0] = {},
  shared = false,
) => ({
  pathPrefix,
  mapped: mappedKey(id, { shared }),
  description: keyDescription(object),
});

describe('one object behind several external keys', () => {
  it('mistake 8: X-09: both names in one prefix are refused, each told of the other', () => {
    const a = claim('/one', 'a');
    const b = claim('/one', 'b');
    expect([...unsharedDuplicates([a, b])]).toEqual([
      [a, "its object also stands behind external key 'b', and shared is not set"],
      [b, "its object also stands behind external key 'a', and shared is not set"],
    ]);
  });

  it('X-49: a message never names the keys of another prefix', () => {
    const a = claim('/one', 'a');
    const b = claim('/two', 'a');
    expect(unsharedDuplicates([a, b]).get(a)).toBe(
      'its object also stands behind a key of another path prefix, and shared is not set',
    );
  });

  it('X-09: shared lifts the refusal of the key that carries it, and of no other', () => {
    const a = claim('/one', 'a', {}, true);
    const b = claim('/two', 'b');
    expect([...unsharedDuplicates([a, b]).keys()]).toEqual([b]);
  });

  test.for([
    { differing: { label: 'bar' } },
    { differing: { idHex: '02' } },
    { differing: { tokenSerial: '99' } },
  ])('X-09: objects that differ in $differing are two', ({ differing }) => {
    expect(unsharedDuplicates([claim('/one', 'a'), claim('/one', 'b', differing)]).size).toBe(0);
  });

  test.for([
    { one: { label: 'a' }, other: { label: 'b' }, distinct: true },
    { one: { idHex: '01' }, other: { idHex: '02' }, distinct: true },
    { one: { label: 'a', idHex: '01' }, other: { label: 'a', idHex: '02' }, distinct: true },
    { one: { label: 'a' }, other: { idHex: '01' }, distinct: false },
    { one: { label: 'a' }, other: { label: 'a', idHex: '01' }, distinct: false },
    { one: { label: 'a' }, other: { label: 'a' }, distinct: false },
  ])('selectors $one and $other are provably distinct: $distinct', ({ one, other, distinct }) => {
    expect(provablyDistinct(one, other)).toBe(distinct);
  });
});
