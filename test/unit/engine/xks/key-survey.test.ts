import { describe, expect, it, test } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { KeyStore, MappedKey } from '../../../../src/domain/xks/key-store.ts';
import { type KeySurveyOptions, surveyKeys } from '../../../../src/engine/xks/key-survey.ts';
import { ObjectClaims } from '../../../../src/engine/xks/object-claims.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';

const on = (label: string, token = 'soft') => ({ key: { token, selector: { label } } });
const NEVER = new AbortController().signal;

function survey(hsm: FakeHsm, stores: readonly KeyStore[], overrides: Partial<KeySurveyOptions> = {}) {
  return surveyKeys({
    stores,
    healthKeys: [],
    tokens: ['soft'],
    directory: hsm,
    clock: { nowMs: () => 0, monotonicMs: () => 1000 },
    pause: async () => undefined,
    signal: NEVER,
    ...overrides,
  });
}

describe('what the survey says of keys', () => {
  it('X-09 X-23 X-49: of every mapped key whether it serves, and why not', async () => {
    const hsm = new FakeHsm();
    hsm.addKey('soft', 'good');
    hsm.addKey('soft', 'short', { bits: 128 });
    hsm.addKey('soft', 'one-way', { canEncrypt: false });
    hsm.addKey('soft', 'twice');
    const stores = [
      keyStore([mappedKey('good'), mappedKey('short'), mappedKey('one-way'), mappedKey('a', on('twice'))]),
      keyStore([mappedKey('gone'), mappedKey('b', on('twice'))], { pathPrefix: '/two', tenant: 2 }),
    ];
    const findings = await survey(hsm, stores);
    expect(
      findings.map(({ pathPrefix, mapped, usages, refusal, unknown }) => [
        pathPrefix,
        mapped.externalKeyId,
        usages,
        refusal,
        unknown,
      ]),
    ).toEqual([
      ['/one', 'good', ['ENCRYPT', 'DECRYPT'], undefined, undefined],
      ['/one', 'short', [], 'it has 128 bits, and AES_256 needs 256', undefined],
      ['/one', 'one-way', ['DECRYPT'], undefined, undefined],
      ['/one', 'a', [], SHARED_ELSEWHERE, undefined],
      ['/two', 'gone', [], 'the token answered not-found: no key label=gone on soft', undefined],
      ['/two', 'b', [], SHARED_ELSEWHERE, undefined],
    ]);
    expect(hsm.calls.map(({ context }) => context)).toEqual(Array(6).fill({ tenant: 0, deadlineMs: 3000 }));
  });

  it('X-49: a directory that fails in an unknown way is a finding too', async () => {
    const hsm = new FakeHsm();
    hsm.failOn({}, new TypeError('broken'));
    const [finding] = await survey(hsm, [keyStore([mappedKey('foo')])]);
    expect(finding?.refusal).toBe('looking at it failed');
  });

  it('X-09 X-49: a key described before is judged again with what is known now', async () => {
    const hsm = new FakeHsm();
    const [one, other, unseen] = [
      mappedKey('one', on('foo')),
      mappedKey('other', on('foo', 'again')),
      mappedKey('unseen', on('foo', 'third')),
    ];
    for (const token of ['soft', 'again']) hsm.addKey(token, 'foo', { tokenSerial: '77' });
    const stores = [keyStore([one, other, unseen])];
    expect(refusals(await survey(hsm, stores))).toEqual([['one', undefined]]);
    expect(refusals(await survey(hsm, stores, { tokens: ['again'] }))).toEqual([
      ['one', "its object also stands behind external key 'other', and shared is not set"],
      ['other', "its object also stands behind external key 'one', and shared is not set"],
    ]);
  });

  it('X-41: a key that is the health key under another selector is refused', async () => {
    const hsm = new FakeHsm();
    hsm.addKey('soft', 'health', { idHex: '0aff' });
    const heart = mappedKey('heart', { key: { token: 'soft', selector: { idHex: '0aff' } } });
    const healthKeys = [on('health').key, on('health', 'elsewhere').key];
    const findings = await survey(hsm, [keyStore([heart])], { healthKeys });
    expect(refusals(findings)).toEqual([
      ['heart', 'its object is the health key of a token, and health checks need a key of their own'],
    ]);
    expect(hsm.calls.map(({ key }) => key.token)).toEqual(['soft', 'soft']);
  });

  test.for([
    { fault: 'not-found' as const, serves: true },
    { fault: 'denied' as const, serves: false },
  ])('X-41: a health key that is $fault now holds nothing: $serves', async ({ fault, serves }) => {
    const hsm = new FakeHsm();
    const heart = mappedKey('heart', { key: { token: 'soft', selector: { idHex: '0aff' } } });
    const [healthKey, stores] = [on('health').key, [keyStore([heart])]];
    new ObjectClaims(stores).claimHealthKey(healthKey, hsm.addKey('soft', 'health', { idHex: '0aff' }));
    hsm.failOn({ key: healthKey }, new HsmFault(fault, 'as told'));
    const [finding] = await survey(hsm, stores, { healthKeys: [healthKey] });
    expect(finding?.refusal === undefined).toBe(serves);
  });

  it('X-49: an object that is gone is forgotten, so that its other name serves', async () => {
    const hsm = new FakeHsm();
    const [one, other] = [mappedKey('one', on('foo')), mappedKey('other', on('foo'))];
    hsm.addKey('soft', 'foo');
    const stores = [keyStore([one, other])];
    await survey(hsm, stores);
    hsm.failOn({ key: other.key }, new HsmFault('not-found', 'as told'));
    expect(refusals(await survey(hsm, stores))).toEqual([
      ['one', undefined],
      ['other', 'the token answered not-found: as told'],
    ]);
  });
});

describe('how the survey asks', () => {
  it('mistake 12: at most four things of a token at a time, and everything once', async () => {
    const hsm = new FakeHsm();
    let [running, most] = [0, 0];
    hsm.before = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const keys = Array.from({ length: 50 }, (_, index) => mappedKey(`k${index}`));
    expect(await survey(hsm, [keyStore(keys)])).toHaveLength(50);
    expect([most, hsm.calls.length]).toEqual([4, 50]);
  });

  test.for([{ fault: 'busy' as const }, { fault: 'timeout' as const }, { fault: 'unavailable' as const }])(
    'X-49: a token that is $fault is asked again after a pause, and the key is not refused',
    async ({ fault }) => {
      const hsm = new FakeHsm();
      hsm.addKey('soft', 'foo');
      const pauses: number[] = [];
      failFirst(hsm, 3, fault);
      const [finding] = await survey(hsm, [keyStore([mappedKey('foo')])], {
        pause: async (ms) => void pauses.push(ms),
      });
      expect(finding).toMatchObject({
        usages: ['ENCRYPT', 'DECRYPT'],
        refusal: undefined,
        unknown: undefined,
      });
      expect([hsm.calls.length, pauses]).toEqual([4, [1000, 2000, 4000]]);
    },
  );

  it('X-49: one key that always times out keeps no other from being looked at, and ends as unknown', async () => {
    const hsm = new FakeHsm();
    const [stuck, ...rest] = Array.from({ length: 10 }, (_, index) => mappedKey(`k${index}`));
    for (const { externalKeyId } of rest) hsm.addKey('soft', externalKeyId);
    hsm.failOn({ key: (stuck as MappedKey).key }, new HsmFault('timeout', 'as told'));
    const pauses: number[] = [];
    const findings = await survey(hsm, [keyStore([stuck as MappedKey, ...rest])], {
      pause: async (ms) => void pauses.push(ms),
    });
    expect(findings.map(({ refusal, unknown }) => [refusal, unknown])).toEqual([
      [undefined, 'the token answered timeout: as told'],
      ...Array(9).fill([undefined, undefined]),
    ]);
    expect(pauses.slice(-5)).toEqual([1000, 2000, 4000, 8000, 15_000]);
  });

  it('X-49: a key that is known already is not unknown because its token is away', async () => {
    const hsm = new FakeHsm();
    hsm.addKey('soft', 'foo');
    const stores = [keyStore([mappedKey('foo')])];
    await survey(hsm, stores);
    hsm.failOn({}, new HsmFault('unavailable', 'as told'));
    const [finding] = await survey(hsm, stores);
    expect(finding).toMatchObject({ usages: ['ENCRYPT', 'DECRYPT'], unknown: undefined });
  });

  it('ends early when it is cancelled, and asks no more', async () => {
    const hsm = new FakeHsm();
    const cancelled = new AbortController();
    hsm.before = () => cancelled.abort();
    const keys = Array.from({ length: 50 }, (_, index) => mappedKey(`k${index}`));
    const findings = await survey(hsm, [keyStore(keys)], { signal: cancelled.signal });
    expect(hsm.calls).toHaveLength(1);
    expect(findings[49]?.unknown).toBe('the token answered unavailable: it was not asked');
  });
});

/** The first calls fail. */
function failFirst(hsm: FakeHsm, count: number, fault: 'busy' | 'timeout' | 'unavailable'): void {
  const answers: (HsmFault | undefined)[] = Array(count).fill(new HsmFault(fault, 'as told'));
  hsm.before = () => {
    const answer = answers.pop();
    if (answer !== undefined) throw answer;
  };
}

function refusals(findings: Awaited<ReturnType<typeof surveyKeys>>) {
  return findings.map(({ mapped, refusal }) => [mapped.externalKeyId, refusal]);
}

const SHARED_ELSEWHERE = 'its object also stands behind a key of another path prefix, and shared is not set';
