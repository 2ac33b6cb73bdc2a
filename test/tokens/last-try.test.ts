/** opencryptoki locks after three wrong PINs, as cards do: the last try is for a person to make. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/running-proxy.ts';
import { openTestFleet } from '../support/test-fleet.ts';
import { countLogins } from '../support/tokens/counted-logins.ts';
import { OPENCRYPTOKI } from '../support/tokens/opencryptoki-kind.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';

describe('a token with one try left', () => {
  it('is not logged in to, not even with the right PIN, until somebody else has done so', async ({
    skip,
  }) => {
    const { absent } = OPENCRYPTOKI;
    skip(absent !== undefined, absent);
    await using token = await OPENCRYPTOKI.provision();
    await atWorkbench(token, { do: 'make keys', keys: [HEALTH_KEY] });
    const wrong = { ...token, pin: 'wrong' };
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(atWorkbench(wrong, { do: 'delete keys', labels: [] })).rejects.toThrow(
        /CKR_PIN_INCORRECT/,
      );
    const logins = await countLogins(token);
    const start = () => openTestFleet(logins.token, { token: { profile: OPENCRYPTOKI.profile } }).fleet;
    await using refused = start();
    await until(() => refused.hosts()[0]?.phase === 'locked');
    expect(refused.hosts()[0]?.reason).toMatch(/one PIN attempt left/);
    expect(logins.answers()).toEqual([]);

    await atWorkbench(token, { do: 'delete keys', labels: [] });
    await using admitted = start();
    await until(() => admitted.hosts()[0]?.phase === 'ready');
    expect(logins.answers()).toEqual([CKR_OK]);
  });
});

const HEALTH_KEY = { label: 'health', idHex: 'c001', type: 'AES', usages: ['encrypt', 'decrypt'] } as const;
const CKR_OK = 0;
