/** A new token has no key yet: the proxy is started first, and its keys are made afterwards. */
import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FaultyFleet } from '../support/faulty-fleet.ts';
import { faultyModule } from '../support/faulty-module.ts';
import { until } from '../support/running-proxy.ts';
import { createTestToken } from '../support/token.ts';

let fleet: FaultyFleet;

const ended = () => fleet.lines.filter(({ event }) => event === 'token-host.lost');

beforeEach(async () => {
  const token = await createTestToken();
  fleet = new FaultyFleet(token, await faultyModule(token), 'native-gcm');
  fleet.start({ healthEveryMs: 50 });
  await until(() => fleet.host.phase === 'ready');
});
afterEach(() => fleet[Symbol.asyncDispose]());

it('X-40 X-54: is served by one host and one login, and its keys are not found', async () => {
  const { pid } = fleet.host;
  for (let asked = 0; asked < 5; asked += 1) {
    await expect(fleet.describeUnknown()).rejects.toMatchObject({ code: 'not-found' });
    await expect(fleet.seal()).rejects.toMatchObject({ code: 'not-found' });
  }
  await until(() => /not-found/.test(fleet.health.reason));
  expect(fleet.health).toMatchObject({
    status: 'UNAVAILABLE',
    reason: expect.stringMatching(/no secret key with label=health; .*healthKey.*keys create/),
  });
  expect(fleet.host).toMatchObject({ phase: 'ready', pid });
  expect(fleet.module.answers('C_Login')).toEqual([0]);
});

it('X-40: becomes healthy when its health key is made, without another login', async () => {
  const { pid } = fleet.host;
  await until(() => /not-found/.test(fleet.health.reason));
  await fleet.token.addAesKey({ label: 'health', id: '0aff' });
  await fleet.token.addAesKey({ label: 'foo', id: '0a01' });
  await until(() => fleet.health.status === 'ACTIVE');
  expect(await fleet.works()).toBe(true);
  expect(fleet.host).toMatchObject({ phase: 'ready', pid });
  expect(fleet.module.answers('C_Login')).toEqual([0]);
});

it('mistake 4: is known to have gone when it loses the keys that it got', async () => {
  const { pid } = fleet.host;
  await fleet.token.addAesKey({ label: 'foo', id: '0a01' });
  await until(() => fleet.works());
  const away = `${fleet.token.paths.tokenDirectory}.away`;
  await rename(fleet.token.paths.tokenDirectory, away);
  await until(async () => {
    await expect(fleet.describeUnknown()).rejects.toMatchObject({ code: 'unavailable' });
    return fleet.host.pid !== pid;
  });
  await rename(away, fleet.token.paths.tokenDirectory);
  await until(() => fleet.works());
  expect(ended()).not.toEqual([]);
});
