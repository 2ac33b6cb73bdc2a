import { describe, expect, it, test } from 'vitest';
import type { AeadScheme } from '../../../../src/domain/hsm/aead-scheme.ts';
import {
  holderRefusal,
  type ObjectClaim,
  objectIdentity,
} from '../../../../src/domain/xks/shared-objects.ts';
import { keyDescription, mappedKey } from './samples.ts';

const claim = (
  pathPrefix: string,
  id: string,
  shared = false,
  scheme: AeadScheme = 'native-gcm',
): ObjectClaim => ({
  pathPrefix,
  mapped: mappedKey(id, { shared, scheme }),
  description: keyDescription(),
});
const holders = (claims: readonly ObjectClaim[], healthKeyOf: readonly string[] = []) => ({
  claims: new Set(claims),
  healthKeyOf: new Set(healthKeyOf),
});

describe('one object behind several external keys', () => {
  it('mistake 8: X-09: both names in one prefix are refused, each told of the other', () => {
    const a = claim('/one', 'a');
    const b = claim('/one', 'b');
    expect([holderRefusal(a, holders([a, b])), holderRefusal(b, holders([a, b]))]).toEqual([
      "its object also stands behind external key 'b', and shared is not set",
      "its object also stands behind external key 'a', and shared is not set",
    ]);
  });

  it('X-49: a message never names the keys of another prefix', () => {
    const a = claim('/one', 'a');
    const b = claim('/two', 'a');
    expect(holderRefusal(a, holders([a, b]))).toBe(
      'its object also stands behind a key of another path prefix, and shared is not set',
    );
  });

  it('X-09: shared lifts the refusal of the key that carries it, and of no other', () => {
    const a = claim('/one', 'a', true);
    const b = claim('/two', 'b');
    expect(holderRefusal(a, holders([a, b]))).toBeUndefined();
    expect(holderRefusal(b, holders([a, b]))).toContain('another path prefix');
  });

  it('X-09: not even shared lets two schemes have one object', () => {
    const a = claim('/one', 'a', true);
    const b = claim('/two', 'b', true, 'cbc-mac');
    const c = claim('/two', 'c', true);
    expect([a, b, c].map((each) => holderRefusal(each, holders([a, c, b])))).toEqual([
      'its object also stands behind a key of scheme cbc-mac, and an object serves one scheme',
      'its object also stands behind a key of scheme native-gcm, and an object serves one scheme',
      'its object also stands behind a key of scheme cbc-mac, and an object serves one scheme',
    ]);
  });

  it('X-09: the only holder of an object serves', () => {
    const a = claim('/one', 'a');
    expect(holderRefusal(a, holders([a]))).toBeUndefined();
  });

  test.for([{ shared: false }, { shared: true }])(
    'X-41: the health key of a token serves nobody, shared: $shared',
    ({ shared }) => {
      const a = claim('/one', 'a', shared);
      expect(holderRefusal(a, holders([a], ['soft']))).toBe(
        'its object is the health key of a token, and health checks need a key of their own',
      );
    },
  );

  test.for([
    { differing: {}, same: true },
    { differing: { kcvHex: 'ffffff', bits: 128 }, same: true },
    { differing: { label: 'bar' }, same: false },
    { differing: { idHex: '02' }, same: false },
    { differing: { tokenSerial: '99' }, same: false },
  ])('X-09: descriptions that differ in $differing mean one object: $same', ({ differing, same }) => {
    expect(objectIdentity(keyDescription(differing)) === objectIdentity(keyDescription())).toBe(same);
  });
});
