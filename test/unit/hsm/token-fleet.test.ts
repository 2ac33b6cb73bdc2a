import { describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { softhsm2 } from '../../../src/hsm/devices/softhsm2.ts';
import { HostLost } from '../../../src/hsm/supervisor/host-lost.ts';
import type { TokenSupervisor } from '../../../src/hsm/supervisor/token-supervisor.ts';
import { TokenFleet } from '../../../src/hsm/token-fleet.ts';
import type { OperationName } from '../../../src/hsm/wire/operations.ts';
import { realClock } from '../../support/test-fleet.ts';

const CONTEXT = { tenant: 1, deadlineMs: Number.POSITIVE_INFINITY };
const BODY = new Uint8Array(0);

function hostOf(name: string) {
  return {
    name,
    serves: true,
    load: 0,
    phase: 'ready',
    reason: '',
    start: vi.fn(),
    call: vi.fn((..._args: unknown[]) => Promise.resolve(Buffer.from(name))),
  };
}

function fleetOf(count: number, slowCount = 0) {
  const slowHosts = Array.from({ length: slowCount }, (_, index) => hostOf(`slow host ${index}`));
  const hosts = Array.from({ length: count }, (_, index) => hostOf(`host ${index}`));
  const fleet = new TokenFleet({
    token: {
      name: 'soft',
      profile: softhsm2,
      module: '',
      env: {},
      token: {},
      pin: new Secret(''),
    },
    hosts: hosts as unknown as TokenSupervisor[],
    slowHosts: slowHosts as unknown as TokenSupervisor[],
    clock: realClock,
    meter: { tokenCall: () => undefined } as never,
  });
  const ask = async (affinity?: number) =>
    String(Buffer.from(await fleet.call('vaultEncrypt', BODY, CONTEXT, { affinity })));
  const askSlowly = async (operation: OperationName = 'vaultDecryptRsa') =>
    String(Buffer.from(await fleet.call(operation, BODY, CONTEXT)));
  return { hosts, slowHosts, fleet, ask, askSlowly };
}

describe('the hosts of a token', () => {
  it('each get some of the affinities, about as many as the others', async () => {
    const { ask } = fleetOf(4);
    const counts = new Map<string, number>();
    for (let affinity = 0; affinity < 4_000; affinity += 1) {
      const host = await ask(Math.imul(affinity, 0x9e3779b1) >>> 0);
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    expect([...counts.values()].every((count) => count > 800 && count < 1_200)).toBe(true);
  });

  it('keep what is drawn to them when another one is away, and get it back', async () => {
    const { ask, hosts } = fleetOf(3);
    const before = await Promise.all(AFFINITIES.map(ask));
    const [away] = hosts;
    Object.assign(away ?? {}, { serves: false });
    const meanwhile = await Promise.all(AFFINITIES.map(ask));
    expect(meanwhile).not.toContain('host 0');
    const kept = before.map((host, index) => host === 'host 0' || host === meanwhile[index]);
    expect(kept).toEqual(before.map(() => true));
    Object.assign(away ?? {}, { serves: true });
    expect(await Promise.all(AFFINITIES.map(ask))).toEqual(before);
  });

  it('share what is drawn to a busy one', async () => {
    const { ask, hosts } = fleetOf(2);
    const drawn = await ask(7);
    const busy = hosts.find(({ name }) => name === drawn);
    Object.assign(busy ?? {}, { load: 8 });
    expect(await ask(7)).toBe(drawn);
    Object.assign(busy ?? {}, { load: 9 });
    expect(await ask(7)).not.toBe(drawn);
  });

  it('stand in for one that is lost before it had the call', async () => {
    const { ask, hosts } = fleetOf(2);
    const drawn = await ask(7);
    const lost = hosts.find(({ name }) => name === drawn);
    lost?.call.mockRejectedValueOnce(new HostLost('gone', { sent: false, crashed: true }));
    expect(await ask(7)).not.toBe(drawn);
  });

  it('all hear what every one of them is told, as far as they serve', () => {
    const { fleet, hosts } = fleetOf(3);
    const [first, second, third] = hosts;
    Object.assign(first ?? {}, { serves: false });
    second?.call.mockRejectedValueOnce(new Error('busy'));
    fleet.tell('vaultForget', BODY);
    expect(hosts.map(({ call }) => call.mock.calls.length)).toEqual([0, 1, 1]);
    expect(third?.call.mock.calls[0]?.[0]).toBe('vaultForget');
  });

  it('are all unavailable when none serves', async () => {
    const { ask, hosts } = fleetOf(2);
    for (const host of hosts) Object.assign(host, { serves: false });
    await expect(ask(7)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a host for slow work', () => {
  it('gets all of that, and nothing else', async () => {
    const { ask, askSlowly } = fleetOf(2, 1);
    expect(await Promise.all(AFFINITIES.map(ask))).not.toContain('slow host 0');
    expect(
      await Promise.all([askSlowly(), askSlowly('vaultSignSlowly'), askSlowly('vaultCreatePair')]),
    ).toEqual(Array.from({ length: 3 }, () => 'slow host 0'));
  });

  it('is started by the first slow work, and by nothing else', async () => {
    const { ask, askSlowly, slowHosts } = fleetOf(1, 1);
    await ask(7);
    expect(slowHosts[0]?.start).not.toHaveBeenCalled();
    await askSlowly();
    expect(slowHosts[0]?.start).toHaveBeenCalled();
  });

  it('leaves its work to the others while it is away', async () => {
    const { askSlowly, slowHosts } = fleetOf(1, 1);
    Object.assign(slowHosts[0] ?? {}, { serves: false });
    expect(await askSlowly()).toBe('host 0');
  });

  it('leaves to the others what it was lost before it had', async () => {
    const { askSlowly, slowHosts } = fleetOf(1, 1);
    const [slow] = slowHosts;
    slow?.call.mockImplementationOnce(() => {
      Object.assign(slow, { serves: false });
      return Promise.reject(new HostLost('gone', { sent: false, crashed: false }));
    });
    expect(await askSlowly()).toBe('host 0');
  });

  it('is told what every host is told', () => {
    const { fleet, hosts, slowHosts } = fleetOf(1, 1);
    fleet.tell('vaultForget', BODY);
    expect([...hosts, ...slowHosts].map(({ call }) => call.mock.calls.length)).toEqual([1, 1]);
  });
});

const AFFINITIES = Array.from({ length: 60 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 0);
