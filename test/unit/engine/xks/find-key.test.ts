import { describe, expect, it } from 'vitest';
import { findKey } from '../../../../src/engine/xks/find-key.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { faultOf } from './rig.ts';

describe('the key map', () => {
  it('X-09: an external key id stands for one mapped key', () => {
    const foo = mappedKey('foo');
    expect(findKey(keyStore([foo, mappedKey('bar')]), 'foo')).toBe(foo);
  });

  it('X-54: an id that the prefix does not map is unknown, whatever other prefixes map', async () => {
    expect(await faultOf(() => findKey(keyStore([mappedKey('foo')]), 'FOO'))).toMatchObject({
      code: 'KeyNotFoundException',
      detail: "This key store has no external key 'FOO'.",
    });
  });
});
