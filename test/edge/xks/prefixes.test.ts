import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { ACCESS_KEY_ID, keyStore, mappedKey, SECRET_ACCESS_KEY } from '../../unit/domain/xks/samples.ts';
import { HEALTH, HEALTH_METADATA, proxyRig } from './rig.ts';

const credential = (accessKeyId: string, secret: string) => ({
  accessKeyId,
  secretAccessKey: new Secret(secret),
});
const OLD = credential(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
const NEW = credential('PORTCULLISTESTKEYBBBBBBB', 'another-value-for-tests-of-at-least-43-chars');
const askNew = { accessKeyId: NEW.accessKeyId, secret: NEW.secretAccessKey.reveal() };

describe('path prefixes and their credentials', () => {
  it('mistake 14: X-66: two credentials are live at once', async () => {
    const rig = proxyRig({ store: { credentials: [OLD, NEW] } });
    expect(await rig.told()).toBe('200');
    expect(await rig.told(askNew)).toBe('200');
  });

  it('mistake 14: X-66: a reload replaces a credential for the next request', async () => {
    const rig = proxyRig({ store: { credentials: [OLD] } });
    expect(await rig.told(askNew)).toContain('401 AuthenticationFailedException');
    rig.stores = rig.stores.map((store) => ({ ...store, credentials: [NEW] }));
    expect(await rig.told(askNew)).toBe('200');
    expect(await rig.told()).toContain('401 AuthenticationFailedException');
  });

  test.for([{ region: 'us-east-1' }, { region: 'eu-west-1' }])(
    'mistake 14: X-63: a store serves several Regions: $region',
    async ({ region }) => {
      expect(await proxyRig({ store: { regions: ['us-east-1', 'eu-west-1'] } }).told({ region })).toBe('200');
    },
  );

  test.for([
    { what: 'another Region', ask: { region: 'ap-south-1' } },
    { what: 'another service', ask: { service: 'kms' } },
    { what: 'an unknown access key id', ask: { accessKeyId: 'PORTCULLISTESTKEYZZZZZZZ' } },
    { what: 'the wrong secret', ask: { secret: 'wrong' } },
    { what: 'no signature', ask: { unsigned: true } },
  ])('X-52 X-61: $what does not authenticate', async ({ ask }) => {
    const rig = proxyRig();
    expect(await rig.told(ask)).toContain('401 AuthenticationFailedException');
    expect(rig.hsm.calls).toEqual([]);
  });

  test.for([{ minutes: -6 }, { minutes: 6 }])(
    'X-52: a request signed $minutes minutes from now does not authenticate',
    async ({ minutes }) => {
      const rig = proxyRig();
      expect(await rig.told({ signedAtMs: rig.nowMs + minutes * 60_000 })).toContain(
        '401 AuthenticationFailedException',
      );
      expect(await rig.told({ signedAtMs: rig.nowMs + Math.sign(minutes) * 5 * 60_000 })).toBe('200');
    },
  );

  it('X-11: a credential of one prefix opens no other', async () => {
    const rig = proxyRig();
    rig.stores = [...rig.stores, keyStore([mappedKey('foo')], { pathPrefix: '/two', credentials: [NEW] })];
    const path = '/two/kms/xks/v1/keys/foo/metadata';
    expect(await rig.told({ path })).toContain('401 AuthenticationFailedException');
  });

  it('mistake 14: X-11 X-56: each prefix has its own quota, which refills', async () => {
    const rig = proxyRig({ store: { quota: { perSecond: 2, burst: 1 } } });
    rig.stores = [
      ...rig.stores,
      keyStore([], { pathPrefix: '/two', tenant: 2, quota: { perSecond: 1, burst: 1 } }),
    ];
    const two = { path: '/two/kms/xks/v1/keys/bar/encrypt' };
    expect(await rig.told()).toBe('200');
    expect(await rig.told()).toBe(
      '429 ThrottlingException: This key store is over its quota of 2 requests per second.',
    );
    expect(await rig.told(two)).toContain('404 KeyNotFoundException');
    rig.monotonicMs += 500;
    expect(await rig.told(two)).toContain('429 ThrottlingException');
    expect(await rig.told()).toBe('200');
  });

  it('X-11: a reload hands out nothing that was spent: a changed quota keeps its share, an unchanged one its level', async () => {
    const rig = proxyRig({ store: { quota: { perSecond: 1, burst: 4 } } });
    const reload = (quota: { perSecond: number; burst: number } | undefined) => {
      rig.stores = rig.stores.map(({ quota: _, ...store }) =>
        quota === undefined ? store : { ...store, quota },
      );
    };
    const allowed = async (asked: number) => {
      const told = await Promise.all(Array.from({ length: asked }, () => rig.told()));
      return told.filter((each) => each === '200').length;
    };
    expect(await allowed(2)).toBe(2);
    reload({ perSecond: 1, burst: 8 });
    expect(await allowed(9)).toBe(4);
    reload({ perSecond: 1, burst: 8 });
    expect(await allowed(1)).toBe(0);
    reload({ perSecond: 2, burst: 2 });
    expect(await rig.told()).toBe(
      '429 ThrottlingException: This key store is over its quota of 2 requests per second.',
    );
    reload(undefined);
    expect(await allowed(9)).toBe(9);
    reload({ perSecond: 1, burst: 3 });
    expect(await allowed(9)).toBe(3);
  });

  it('X-11: a key store over its quota still answers the health checks of AWS KMS', async () => {
    const rig = proxyRig({ store: { quota: { perSecond: 1, burst: 1 } } });
    const health = { path: HEALTH, body: { requestMetadata: HEALTH_METADATA } };
    expect(await rig.told()).toBe('200');
    expect(await rig.told()).toContain('429 ThrottlingException');
    expect(await rig.told(health)).toBe('200');
  });

  it('X-11: the tenant of the prefix and the deadline of the request reach the token', async () => {
    const rig = proxyRig({ store: { tenant: 77 }, settings: { tokenDeadlineMs: 150 } });
    rig.monotonicMs = 5000;
    await rig.ask();
    expect(rig.hsm.calls.map(({ context }) => context)).toMatchObject(
      Array(2).fill({ tenant: 77, deadlineMs: 5150 }),
    );
  });

  it('mistake 12: an Encrypt asks the token once for the key and once for the work', async () => {
    const rig = proxyRig();
    await rig.ask();
    expect(rig.hsm.calls.map(({ operation }) => operation)).toEqual(['describe', 'seal']);
  });
});
