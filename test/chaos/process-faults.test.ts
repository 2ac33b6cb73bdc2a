/** What befalls the proxy process itself, under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startChaosProxy } from '../support/chaos-proxy.ts';
import { expectService, runChaos, UNHARMED, unexplained } from '../support/chaos-run.ts';
import { LOAD_WORKERS } from '../support/load-signed.ts';

describe('under load, a proxy', () => {
  it('whose event loop is blocked blames no token host for it', async () => {
    await using proxy = await startChaosProxy();
    const account = await runChaos(proxy, {
      fault: 'event loop blocked',
      strike: async () => {
        proxy.order({ do: 'block', ms: 400 });
        await sleep(400);
      },
      restMs: 800,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, [TIMEOUT])).toEqual([]);
    expect(account.maxReplyMs).toBeGreaterThanOrEqual(300);
    expect(account.hostPids.length).toBe(1);
    expectService(account);
  });

  it('whose clock is stepped by an hour believes no signature until it is right again, and is otherwise well', async () => {
    await using proxy = await startChaosProxy();
    const account = await runChaos(proxy, {
      fault: 'clock stepped by an hour',
      strike: async (_, number) => {
        proxy.order({ do: 'step-clock', byMs: HOUR_MS * (-1) ** number });
        await sleep(500);
        proxy.order({ do: 'step-clock', byMs: 0 });
      },
      restMs: 800,
    });
    expect(account).toMatchObject(UNHARMED);
    // A busy machine may cost a timeout of its own.
    expect(unexplained(account, ['401 AuthenticationFailedException', TIMEOUT])).toEqual([]);
    expect(account.errors[TIMEOUT] ?? 0).toBeLessThanOrEqual(LOAD_WORKERS);
    expect(account.errors['401 AuthenticationFailedException']).toBeGreaterThan(0);
    expect(account.strikes).toBeGreaterThanOrEqual(2);
    expect(account.hostPids.length).toBe(1);
    expectService(account);
  });
});

const TIMEOUT = '503 DependencyTimeoutException';
const HOUR_MS = 3_600_000;
