import { describe, expect, it, test, vi } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { MappedKey } from '../../../../src/domain/xks/key-store.ts';
import { lookAtKey } from '../../../../src/engine/xks/key-state.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyDescription, keyStore, mappedKey } from '../../domain/xks/samples.ts';
import { CONTEXT, engineOver, faultOf } from './rig.ts';

const byLabel = (id: string, label: string, overrides: Partial<MappedKey> = {}) =>
  mappedKey(id, { key: { token: 'soft', selector: { label } }, ...overrides });
const byId = (id: string, idHex: string, overrides: Partial<MappedKey> = {}) =>
  mappedKey(id, { key: { token: 'soft', selector: { idHex } }, ...overrides });

function house(...keys: MappedKey[]) {
  const hsm = new FakeHsm();
  const store = keyStore(keys);
  const stores = [store];
  const look = (mapped: MappedKey) =>
    lookAtKey(engineOver(hsm), new ObjectClaims(stores), store, mapped, CONTEXT);
  return { hsm, look, claims: new ObjectClaims(stores) };
}

const HEALTH_KEY = { token: 'soft', selector: { label: 'health' } };
const BEHIND_OTHER = "its object also stands behind external key 'other', and shared is not set";

describe('one object behind several keys, at the time of use', () => {
  it('mistake 8: X-09 X-49: found by label here and by id there, both are refused once both were seen', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
    expect((await faultOf(() => look(other))).code).toBe('InvalidStateException');
    expect(await faultOf(() => look(one))).toMatchObject({
      code: 'InvalidStateException',
      detail: `External key 'one' is refused by the proxy: ${BEHIND_OTHER}.`,
    });
  });

  it('X-09: declared shared on both sides, both serve', async () => {
    const [one, other] = [byLabel('one', 'foo', { shared: true }), byLabel('other', 'foo', { shared: true })];
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo');
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
    expect((await look(other)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });

  it('mistake 12: the use of a key costs one question, however many rivals it has', async () => {
    const one = byId('one', '01');
    const rivals = Array.from({ length: 2500 }, (_, index) => byLabel(`rival${index}`, `rival${index}`));
    const { hsm, look } = house(one, ...rivals);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    await look(one);
    await look(one);
    expect(hsm.calls.map(({ key }) => key)).toEqual([one.key, one.key]);
  });

  it('X-09: a refusal has both keys looked at again, so that mending the token is enough', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { look, hsm, claims } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    expect(claims.holdersWith(one)).toEqual([]);
    await look(one);
    await faultOf(() => look(other));
    expect(hsm.refreshed).toEqual([one.key, other.key]);
    hsm.failOn({ key: other.key }, new HsmFault('timeout', 'no answer'));
    await faultOf(() => look(one));
    await new Promise((resolve) => setImmediate(resolve));
    expect(claims.descriptionOf(other)).toBeDefined();
    hsm.failOn({ key: other.key }, new HsmFault('not-found', 'gone'));
    await faultOf(() => look(one));
    await vi.waitFor(() => expect(claims.descriptionOf(other)).toBeUndefined());
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });

  it('X-09: a refusal of both is lifted once one of them is found to be another object', async () => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { look, hsm, claims } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    hsm.refresh = () => false;
    await look(one);
    await faultOf(() => look(other));
    expect(claims.claim('/one', other, keyDescription({ label: 'bar', idHex: '01' }))).toBeUndefined();
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });

  test.for([
    { fault: 'not-found' as const, left: undefined },
    { fault: 'ambiguous' as const, left: undefined },
    { fault: 'timeout' as const, left: BEHIND_OTHER },
    { fault: 'unavailable' as const, left: BEHIND_OTHER },
  ])('X-49: a rival that is $fault now leaves: $left', async ({ fault, left }) => {
    const [one, other] = [byLabel('one', 'foo'), byId('other', '01')];
    const { hsm, look, claims } = house(one, other);
    hsm.addKey('soft', 'foo', { idHex: '01' });
    await look(one);
    await faultOf(() => look(other));
    hsm.failOn({ key: other.key }, new HsmFault(fault, 'as told'));
    expect((await faultOf(() => look(other))).code).toBe(fault);
    expect(claims.refusal(one)).toBe(left);
  });

  it('X-09: two configured tokens may be one device', async () => {
    const one = byLabel('one', 'foo');
    const other = mappedKey('other', { key: { token: 'again', selector: { label: 'foo' } } });
    const { hsm, look } = house(one, other);
    hsm.addKey('soft', 'foo', { tokenSerial: '77' });
    hsm.addKey('again', 'foo', { tokenSerial: '77' });
    await look(one);
    expect((await faultOf(() => look(other))).code).toBe('InvalidStateException');
  });

  it('X-09: a key that nobody has seen is not refused', () => {
    const one = byLabel('one', 'foo');
    expect(house(one).claims.refusal(one)).toBeUndefined();
  });
});

describe('the health key behind an external key', () => {
  it('X-41 X-49: a key that reaches it through another selector is refused, shared or not', async () => {
    const one = byId('one', '0aff', { shared: true });
    const { hsm, look, claims } = house(one);
    const description = hsm.addKey('soft', 'health', { idHex: '0aff' });
    await look(one);
    claims.claimHealthKey(HEALTH_KEY, description);
    expect(await faultOf(() => look(one))).toMatchObject({
      code: 'InvalidStateException',
      detail:
        "External key 'one' is refused by the proxy: its object is the health key of a token, and health checks need a key of their own.",
    });
  });

  test.for([
    { what: 'another object', description: keyDescription({ label: 'health', idHex: '0afe' }) },
    { what: 'no object', description: undefined },
  ])('X-41: the refusal ends when the health key is $what', async ({ description }) => {
    const one = byId('one', '0aff');
    const { hsm, look, claims } = house(one);
    claims.claimHealthKey(HEALTH_KEY, hsm.addKey('soft', 'health', { idHex: '0aff' }));
    await faultOf(() => look(one));
    claims.claimHealthKey(HEALTH_KEY, description);
    expect((await look(one)).usages).toEqual(['ENCRYPT', 'DECRYPT']);
  });
});

describe('what is known of objects across a reload', () => {
  const keys = () =>
    [byLabel('one', 'foo'), byId('other', '01'), byId('heart', '0aff'), byLabel('new', 'new')] as const;

  it('X-09 X-41: refusals of keys and of health keys outlive it; what is new is not known yet', () => {
    const [one, other, heart] = keys();
    const before = house(one, other, heart).claims;
    before.claim('/one', one, keyDescription());
    before.claim('/one', other, keyDescription());
    const health = keyDescription({ label: 'health', idHex: '0aff' });
    before.claim('/one', heart, health);
    before.claimHealthKey(HEALTH_KEY, health);
    const [nextOne, nextOther, nextHeart, nextNew] = keys();
    const after = house(nextOne, nextOther, nextHeart, nextNew).claims;
    after.inherit(before);
    expect([nextOne, nextOther, nextHeart, nextNew].map((mapped) => after.refusal(mapped))).toEqual([
      "its object also stands behind external key 'other', and shared is not set",
      "its object also stands behind external key 'one', and shared is not set",
      'its object is the health key of a token, and health checks need a key of their own',
      undefined,
    ]);
  });

  it('X-09: a key that the new configuration does not map is no rival any more', () => {
    const [one, other] = keys();
    const before = house(one, other).claims;
    before.claim('/one', one, keyDescription());
    before.claim('/one', other, keyDescription());
    const [nextOne] = keys();
    const after = house(nextOne).claims;
    after.inherit(before);
    expect(after.refusal(nextOne)).toBeUndefined();
  });
});
