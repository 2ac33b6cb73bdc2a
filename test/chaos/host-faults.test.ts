/** Token hosts that die, hang, lag and lie, under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ChaosProxy, startChaosProxy } from '../support/chaos-proxy.ts';
import { expectService, runChaos, UNHARMED, unexplained } from '../support/chaos-run.ts';
import { LOAD_WORKERS } from '../support/load-signed.ts';
import { until } from '../support/running-proxy.ts';

const LOST = ['503 DependencyTimeoutException'];

describe('under load, a token host', () => {
  it('mistake 4: that is killed costs errors of one name, and is replaced', async () => {
    await using proxy = await startChaosProxy();
    const account = await runChaos(proxy, {
      fault: 'host killed',
      strike: async () => proxy.signalHosts('SIGKILL'),
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, LOST)).toEqual([]);
    expect(account.errors[LOST[0] as string]).toBeGreaterThan(0);
    expect(new Set(account.hostPids).size).toBe(account.strikes + 1);
    expectService(account);
  });

  it('one of two that is killed costs at most the calls in its hands', async () => {
    await using proxy = await startChaosProxy(() => ({ token: { hosts: 2 } }));
    await until(() => proxy.hostPidsSeen.length === 2);
    const account = await runChaos(proxy, {
      fault: 'one host of two killed',
      strike: async () => process.kill(proxy.hostPids[0] as number, 'SIGKILL') && undefined,
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, LOST)).toEqual([]);
    expect(account.errors[LOST[0] as string] ?? 0).toBeLessThanOrEqual(account.strikes * LOAD_WORKERS);
    expect(proxy.events('token-host.lost').length).toBe(account.strikes);
    expectService(account);
  });

  it('that is frozen costs timeouts until it is replaced', async () => {
    await using proxy = await startChaosProxy();
    const account = await runChaos(proxy, {
      fault: 'host frozen',
      strike: async () => {
        const lost = proxy.events('token-host.lost').length;
        proxy.signalHosts('SIGSTOP');
        await until(() => proxy.events('token-host.lost').length > lost);
      },
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, LOST)).toEqual([]);
    expect(account.errors[LOST[0] as string]).toBeGreaterThan(0);
    expect(new Set(account.hostPids).size).toBe(account.strikes + 1);
    expectService(account);
  });

  it('whose module crashes takes nothing but its own calls with it', async () => {
    await using proxy = await startChaosProxy(({ section }) => ({ token: { ...section, hosts: 2 } }));
    await until(() => proxy.hostPidsSeen.length === 2);
    const account = await runChaos(proxy, {
      fault: 'module segfaults',
      strike: async () => {
        const lost = proxy.events('token-host.lost').length;
        proxy.module.crash('C_Encrypt', { times: 1 });
        await until(() => proxy.events('token-host.lost').length > lost);
      },
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, LOST)).toEqual([]);
    expect(reasonsOfLoss(proxy)).toEqual(['the token host ended by SIGSEGV']);
    expect(account.errors[LOST[0] as string]).toBeGreaterThanOrEqual(account.strikes);
    expectService(account);
  });

  it('that answers late costs timeouts, and keeps its life', async () => {
    await using proxy = await startChaosProxy();
    const account = await runChaos(proxy, {
      fault: 'host answers late',
      strike: async () => {
        proxy.signalHosts('SIGSTOP');
        await sleep(350);
        proxy.signalHosts('SIGCONT');
      },
      restMs: 600,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, LOST)).toEqual([]);
    expect(account.errors[LOST[0] as string]).toBeGreaterThan(0);
    expect(account.hostPids.length).toBe(1);
    expectService(account);
  });

  it.for([{ kind: 'noise' }, { kind: 'stray-answer' }] as const)(
    'that writes garbage ($kind) is replaced, and nobody is told what it said',
    async ({ kind }) => {
      await using proxy = await startChaosProxy();
      const account = await runChaos(proxy, {
        fault: `garbage from the host: ${kind}`,
        strike: async () => {
          const lost = proxy.events('token-host.lost').length;
          proxy.order({ do: 'garbage', kind });
          await until(() => proxy.events('token-host.lost').length > lost);
        },
        restMs: 6_000,
      });
      expect(account).toMatchObject(UNHARMED);
      expect(unexplained(account, LOST)).toEqual([]);
      expect(account.errors[LOST[0] as string]).toBeGreaterThan(0);
      expect(new Set(account.hostPids).size).toBe(account.strikes + 1);
      expectService(account);
    },
  );
});

function reasonsOfLoss(proxy: ChaosProxy): string[] {
  return [...new Set(proxy.events('token-host.lost').map(({ fields }) => String(fields['reason'])))];
}
