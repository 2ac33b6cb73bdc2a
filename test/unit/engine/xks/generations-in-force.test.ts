import { expect, it } from 'vitest';
import type { KeyDescription } from '../../../../src/domain/ports/hsm.ts';
import { generationsInForce } from '../../../../src/engine/xks/generations-in-force.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { keyDescription, keyStore, mappedKey } from '../../domain/xks/samples.ts';

const older = mappedKey('foo', { currentGeneration: 1, usages: new Set(['DECRYPT']) });
const current = mappedKey('foo', {
  generation: 1,
  key: { token: 'hard', selector: { label: 'foo-2', idHex: '02' } },
  otherGenerations: [older],
});

/** What is told of the older generation once this was found behind it. */
function toldOf(description: KeyDescription | undefined, rival?: KeyDescription, mapped = older) {
  const entry = { ...current, otherGenerations: [mapped] };
  const stores = [keyStore([entry])];
  const claims = new ObjectClaims(stores);
  if (description !== undefined) claims.claim('/one', mapped, description);
  if (rival !== undefined) claims.claim('/one', entry, rival);
  return generationsInForce(stores)[1];
}

it('X-38: tells of each generation what it is, and that nobody has seen its object yet', () => {
  expect(generationsInForce([keyStore([current])])).toEqual([
    {
      pathPrefix: '/one',
      externalKeyId: 'foo',
      generation: 1,
      current: true,
      token: 'hard',
      selector: 'label=foo-2;id=02',
      scheme: 'native-gcm',
      decrypts: false,
      reason: 'its object was not seen on the token yet',
    },
    {
      pathPrefix: '/one',
      externalKeyId: 'foo',
      generation: 0,
      current: false,
      token: 'soft',
      selector: 'label=foo',
      scheme: 'native-gcm',
      decrypts: false,
      reason: 'its object was not seen on the token yet',
    },
  ]);
});

it.for([
  { what: 'fits', description: keyDescription(), says: '' },
  { what: 'is too short', description: keyDescription({ bits: 128 }), says: 'it has 128 bits, and AES_256' },
  {
    what: 'cannot decrypt',
    description: keyDescription({ canDecrypt: false }),
    says: 'it may not decrypt',
  },
])('X-38 X-49: an object that $what', ({ description, says }) => {
  const told = toldOf(description);
  expect(told?.decrypts).toBe(says === '');
  expect(told?.reason).toContain(says);
});

it('X-49: an object that another generation has too', () => {
  expect(toldOf(keyDescription(), keyDescription())).toMatchObject({
    decrypts: false,
    reason: 'its object also stands behind generation 1 of the same external key, and shared is not set',
  });
});
