import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenHealth } from '../../src/domain/ports/hsm.ts';
import { CREDENTIAL, tokenSection } from '../support/proxy-config.ts';
import { metadata, startProxy, until } from '../support/running-proxy.ts';
import { type FleetTweaks, openTestFleet, realClock, type TestFleet } from '../support/test-fleet.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

let token: TestToken;
const open: TestFleet[] = [];

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0f' });
});
afterEach(async () => {
  for (const { fleet } of open.splice(0)) await fleet[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

function start(tweaks: FleetTweaks = {}): TestFleet {
  const started = openTestFleet(token, tweaks);
  open.push(started);
  return started;
}

function healthOf({ fleet }: TestFleet): TokenHealth {
  const [health] = fleet.health.health(['soft']) as [TokenHealth];
  return health;
}

const becomes = (started: TestFleet, status: string) => until(() => healthOf(started).status === status);
const pids = ({ fleet }: TestFleet) => fleet.hosts().map(({ pid }) => pid as number);

describe('deep health', () => {
  it('X-40 X-41 X-44: is ACTIVE once the health key has encrypted and decrypted, and names the device', async () => {
    const started = start();
    expect(healthOf(started).status).toBe('UNAVAILABLE');
    await becomes(started, 'ACTIVE');
    expect(healthOf(started)).toEqual({
      token: 'soft',
      vendor: 'SoftHSM project',
      model: expect.stringMatching(/^SoftHSM v2 2\.\d+$/),
      status: 'ACTIVE',
      reason: '',
    });
    expect(started.meterCalls).toContainEqual(['tokenStatus', 'soft', 'ACTIVE']);
  });

  it('mistake 5 X-40: is UNAVAILABLE when the token stops doing crypto, and ACTIVE again when it is back', async () => {
    const started = start();
    await becomes(started, 'ACTIVE');
    await token.deleteKey({ id: '0f' });
    await becomes(started, 'UNAVAILABLE');
    expect(healthOf(started).reason).toMatch(/not-found: .*label=health/);
    await token.addAesKey({ label: 'health', id: '0f' });
    await becomes(started, 'ACTIVE');
  });

  it('mistake 5 X-40: is UNAVAILABLE at once when the only host is gone', async () => {
    const started = start({ healthEveryMs: 60_000 });
    await becomes(started, 'ACTIVE');
    await rename(token.paths.tokenDirectory, `${token.paths.tokenDirectory}.away`);
    process.kill(pids(started)[0] as number, 'SIGKILL');
    await becomes(started, 'UNAVAILABLE');
    expect(healthOf(started).reason).not.toBe('');
  });

  it('X-44: is DEGRADED while one of two hosts is missing', async () => {
    const started = start({ token: { hosts: 2 } });
    await becomes(started, 'ACTIVE');
    const [frozen] = pids(started) as [number];
    process.kill(frozen, 'SIGSTOP');
    await becomes(started, 'DEGRADED');
    await until(() => !pids(started).includes(frozen));
    await becomes(started, 'ACTIVE');
  });

  it('X-45: never rests on a measurement older than a minute', async () => {
    let aheadMs = 0;
    const clock = { nowMs: realClock.nowMs, monotonicMs: () => realClock.monotonicMs() + aheadMs };
    const started = start({ clock, healthEveryMs: 3_600_000 });
    await becomes(started, 'ACTIVE');
    aheadMs = 59_000;
    expect(healthOf(started).status).toBe('ACTIVE');
    aheadMs = 61_000;
    expect(healthOf(started)).toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'no check has succeeded within a minute',
    });
  });

  it('X-44: says of a token that was never reached what its profile says', async () => {
    const started = start({ token: { token: { label: 'elsewhere' } } });
    await until(() => healthOf(started).reason.includes('no token labelled "elsewhere"'));
    expect(healthOf(started)).toMatchObject({
      vendor: 'SoftHSM project',
      model: 'SoftHSM v2',
      status: 'UNAVAILABLE',
    });
  });

  it('knows nothing of a token that is not configured', () => {
    expect(start().fleet.health.health(['other'])).toMatchObject([
      { status: 'UNAVAILABLE', reason: 'no such token' },
    ]);
  });
});

describe('GetHealthStatus', () => {
  it('X-40 X-42 X-43 X-44: tells of the tokens behind its prefix alone, and no policy stops it', async () => {
    const other = { name: 'other', token: { label: 'missing' } };
    await using proxy = await startProxy(
      (at) => ({
        proxy: { fleetSize: 3 },
        keyStore: { policy: { default: 'deny' } },
        more: {
          tokens: [tokenSection(at), tokenSection(at, other)],
          keyStores: [
            storeConfig('/ours', { foo: { token: 'soft', label: 'foo' } }),
            storeConfig('/theirs', { bar: { token: 'other', label: 'foo' } }),
          ],
        },
      }),
      undefined,
      { waitForReady: false },
    );
    const ask = (prefix: string) =>
      proxy.post('health', { requestMetadata: metadata('KmsHealthCheck') }, { prefix });
    await until(async () => JSON.stringify((await ask('/ours')).body).includes('ACTIVE'));
    expect((await ask('/ours')).body).toEqual({
      xksProxyFleetSize: 3,
      xksProxyVendor: 'Portcullis',
      xksProxyModel: 'Portcullis 0.1.0',
      ekmVendor: 'SoftHSM project',
      ekmFleetDetails: [
        { id: 'soft', model: expect.stringMatching(/^SoftHSM v2 2/), healthStatus: 'ACTIVE' },
      ],
    });
    expect((await ask('/theirs')).body['ekmFleetDetails']).toEqual([
      { id: 'other', model: 'SoftHSM v2', healthStatus: 'UNAVAILABLE' },
    ]);
  });
});

function storeConfig(pathPrefix: string, keys: Record<string, unknown>): Record<string, unknown> {
  const policy = { default: 'deny' };
  return { pathPrefix, regions: ['us-east-1'], credentials: [CREDENTIAL], policy, keys };
}
