import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { MappedKey } from '../../../../src/domain/xks/key-store.ts';
import { lookAtKey } from '../../../../src/engine/xks/key-state.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { CONTEXT, engineOver, faultOf } from './rig.ts';

const byLabel = (id: string, label: string, overrides: Partial<MappedKey> = {}) =>
  mappedKey(id, { key: { token: 'soft', selector: { label } }, ...overrides });
const byId = (id: string, idHex: string, overrides: Partial<MappedKey> = {}) =>
  mappedKey(id, { key: { token: 'soft', selector: { idHex } }, ...overrides });

function house(...keys: MappedKey[]) {
  const hsm = new FakeHsm();
  const store = keyStore(keys);
  const claims = new ObjectClaims([store]);
  const look = (mapped: MappedKey) => lookAtKey(engineOver(hsm), claims, store, mapped, CONTEXT);
  return { hsm, look };
}

describe('one object behind several keys, at the time of use', () => {
  it('mistake 8: X-09 X-49: found by label here and by id there, both are refused', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    expect(await faultOf(() => look(one))).toMatchObject({
      code: 'InvalidStateException',
      detail:
        "External key 'one' is refused by the proxy: its object also stands behind external key 'other', and shared is not set.",
    });
    expect((await faultOf(() => look(other))).code).toBe('InvalidStateException');
  });

  it('X-09: declared shared on both sides, both serve', async () => {
    const [one, other] = [byLabel('one', 'foo', { shared: true }), byLabel('other', 'foo', { shared: true })];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo');
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
    expect((await look(other)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });

  it('mistake 12: keys whose selectors differ cost no question about each other', async () => {
    const [one, other] = [byLabel('one', 'foo'), byLabel('other', 'bar')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo');
    hsm.addKey('soft', 'bar');
    await look(one);
    expect(hsm.count('describe')).toBe(1);
  });

  it('X-09: rivals on different objects are cleared once and asked no more', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '02')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    hsm.addKey('soft', 'bar', { idHex: '02' });
    await look(one);
    await look(one);
    expect(hsm.count('describe')).toBe(3);
  });

  it('X-09: a refusal is lifted once the token is put right', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    await faultOf(() => look(one));
    hsm.addKey('soft', 'bar', { idHex: '01' });
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });

  test.for([
    { fault: 'not-found' as const, questionsLater: 1 },
    { fault: 'ambiguous' as const, questionsLater: 1 },
    { fault: 'timeout' as const, questionsLater: 2 },
    { fault: 'unavailable' as const, questionsLater: 2 },
  ])('X-49: a rival that is $fault stops nobody', async ({ fault, questionsLater }) => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '02')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    hsm.failOn({ key: other.key }, new HsmFault(fault, 'as told'));
    await look(one);
    const before = hsm.count('describe');
    await look(one);
    expect(hsm.count('describe') - before).toBe(questionsLater);
  });

  it('mistake 3: a rival on another token is given 20 ms, so that its token cannot spend this one’s time', async () => {
    const one = byLabel('one', 'foo');
    const other = mappedKey('other', { key: { token: 'hung', selector: { label: 'foo' } } });
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo');
    hsm.addKey('hung', 'foo');
    await look(one);
    expect(hsm.calls.map(({ key, context }) => [key.token, context.deadlineMs])).toEqual([
      ['soft', 1150],
      ['hung', 1020],
    ]);
  });
});
