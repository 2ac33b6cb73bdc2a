import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import { Secret } from '../../../../src/domain/secret.ts';
import { softhsm2 } from '../../../../src/hsm/devices/softhsm2.ts';
import type { HostExit, HostProcess } from '../../../../src/hsm/supervisor/host-process.ts';
import { LoginGate } from '../../../../src/hsm/supervisor/login-gate.ts';
import { PinLatch } from '../../../../src/hsm/supervisor/pin-latch.ts';
import { TokenSupervisor } from '../../../../src/hsm/supervisor/token-supervisor.ts';
import type { Frame } from '../../../../src/hsm/wire/frame.ts';
import { encodeJson } from '../../../../src/hsm/wire/messages.ts';
import { operationOf } from '../../../../src/hsm/wire/operations.ts';
import { ScriptedHost } from '../../../support/scripted-host.ts';

type Answer = (frame: Frame, host: ScriptedHost) => void;
type Script = Partial<Record<string, Answer>>;

const healthy: Script = {
  open: (frame, host) => host.answer(frame, encodeJson(tokenInfo)),
  login: (frame, host) => host.answer(frame),
  prepare: (frame, host) => host.answer(frame, encodeJson({ canary: '' })),
};
const tokenInfo = {
  label: 'test',
  serial: '0001',
  vendor: 'maker',
  model: 'thing 1.0',
  userPinLocked: false,
  userPinFinalTry: false,
  userPinCountLow: false,
  userPinInitialized: true,
  mechanisms: [],
};

let stateDir: string;
let supervisors: TokenSupervisor[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'supervisor-'));
  supervisors = [];
});
afterEach(async () => {
  await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  rmSync(stateDir, { recursive: true });
});

/** Each life of the host follows the next script; the last one repeats. */
function supervise(
  scripts: readonly Script[],
  {
    gate = new LoginGate(),
    beforeSpawn = () => undefined,
  }: { gate?: LoginGate; beforeSpawn?: () => void } = {},
) {
  const hosts: ScriptedHost[] = [];
  const asked: string[] = [];
  const lines: { event: string; fields: unknown }[] = [];
  const note = (event: string, fields: unknown) => void lines.push({ event, fields });
  const spawn = (): HostProcess => {
    beforeSpawn();
    const script = scripts[Math.min(hosts.length, scripts.length - 1)] as Script;
    const exited = Promise.withResolvers<HostExit>();
    const host = new ScriptedHost({
      ...(script['greeting'] !== undefined && { greet: { protocolVersion: 7, pid: 1 } }),
      onFrame: (frame, self) => {
        const operation = operationOf(frame.code) ?? 'unknown';
        asked.push(operation);
        script[operation]?.(frame, self);
      },
    });
    hosts.push(host);
    // A host ends when its connection does, and when it is killed.
    host.raw.on('close', () => exited.resolve({ how: 'ended', crashed: false }));
    host.raw.on('end', () => exited.resolve({ how: 'ended', crashed: false }));
    return {
      pid: 1000 + hosts.length,
      socket: host.socket,
      exited: exited.promise,
      kill: () => exited.resolve({ how: 'ended by SIGKILL', crashed: false }),
    };
  };
  const phases: string[] = [];
  const supervisor = new TokenSupervisor({
    token: {
      name: 'soft',
      profile: softhsm2,
      module: '/module.so',
      env: {},
      token: { label: 'test' },
      pin: new Secret('1234'),
      healthKey: { label: 'health', scheme: 'native-gcm' },
    },
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    log: { debug: note, info: note, warn: note, error: note },
    latch: new PinLatch(stateDir, { repeatAfterMs: 0 }),
    gate,
    spawn,
    maxQueue: 10,
    onStarted: () => undefined,
    onPhase: (phase) => void phases.push(phase),
  });
  supervisors.push(supervisor);
  supervisor.start();
  return { supervisor, hosts, asked, lines, phases };
}

const latched = () => readdirSync(join(stateDir, 'pin-latch')).length;
const body = new Uint8Array(1);

describe('a token supervisor', () => {
  it('opens, logs in, prepares, and then lets calls through', async () => {
    const { supervisor, asked, phases } = supervise([
      { ...healthy, describe: (frame, host) => host.answer(frame, body) },
    ]);
    await expect(supervisor.call('describe', body)).rejects.toMatchObject({ code: 'unavailable' });
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
    expect([...(await supervisor.call('describe', body))]).toEqual([0]);
    expect(asked).toEqual(['open', 'open', 'login', 'prepare', 'describe']);
    expect(phases).toEqual(['ready']);
    expect([supervisor.reason, supervisor.info?.serial, supervisor.pid, supervisor.load]).toEqual([
      '',
      '0001',
      1001,
      0,
    ]);
    expect(latched()).toBe(0);
  });

  it.for([
    { flag: { userPinLocked: true }, says: /user PIN is locked/ },
    { flag: { userPinFinalTry: true }, says: /one PIN attempt left/ },
  ])('never sends a PIN to a token with $flag', async ({ flag, says }) => {
    const open: Answer = (frame, host) => host.answer(frame, encodeJson({ ...tokenInfo, ...flag }));
    const { supervisor, asked, lines } = supervise([{ ...healthy, open }]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('locked'));
    expect(asked).toEqual(['open', 'open']);
    expect(supervisor.reason).toMatch(says);
    expect(lines.map(({ event }) => event)).toContain('token-host.locked');
  });

  it('stops for good when the token refuses the PIN, and notes it', async () => {
    const login: Answer = (frame, host) => host.fail(frame, 'pin-locked', { detail: 'wrong', fatal: true });
    const { supervisor, hosts } = supervise([{ ...healthy, login }]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('locked'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(hosts).toHaveLength(1);
    expect(latched()).toBe(1);
  });

  it('tries a PIN again that the token had not looked at', async () => {
    const login: Answer = (frame, host) =>
      host.fail(frame, 'unavailable', { detail: 'removed', fatal: true, pinUnjudged: true });
    const { supervisor, hosts } = supervise([{ ...healthy, login }, healthy]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
    expect(hosts).toHaveLength(2);
    expect(latched()).toBe(0);
  });

  it('does not try a PIN again when the host died over it and the token shows a failed attempt', async () => {
    const login: Answer = (_frame, host) => host.raw.destroy();
    const open: Answer = (frame, host) =>
      host.answer(frame, encodeJson({ ...tokenInfo, userPinCountLow: true }));
    const { supervisor, asked } = supervise([
      { ...healthy, login },
      { ...healthy, open },
    ]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('locked'));
    expect(asked.filter((operation) => operation === 'login')).toHaveLength(1);
    expect(supervisor.reason).toMatch(/without a recorded answer/);
  });

  it('tries a PIN once more when the host died over it and the token shows no failed attempt', async () => {
    const login: Answer = (_frame, host) => host.raw.destroy();
    const { supervisor, asked } = supervise([{ ...healthy, login }, healthy]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'), 3000);
    expect(asked.filter((operation) => operation === 'login')).toHaveLength(2);
    expect(latched()).toBe(0);
  });

  it('gives a PIN up after two attempts that nobody answered', async () => {
    const login: Answer = (_frame, host) => host.raw.destroy();
    const { supervisor, asked } = supervise([{ ...healthy, login }]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('locked'), 3000);
    expect(asked.filter((operation) => operation === 'login')).toHaveLength(2);
  });

  it('lets a login on its way finish before it stops, so that no attempt stays unanswered', async () => {
    const login: Answer = (frame, host) => setTimeout(() => host.answer(frame), 200);
    const { supervisor, asked } = supervise([{ ...healthy, login }]);
    await vi.waitFor(() => expect(asked).toContain('login'));
    await supervisor.stop();
    expect(latched()).toBe(0);
  });

  it('notes no attempt for a host that was lost while it waited for its turn', async () => {
    const gate = new LoginGate();
    const first = Promise.withResolvers<void>();
    void gate.enter('0001', () => first.promise);
    const { supervisor, hosts, asked } = supervise([healthy], { gate });
    await vi.waitFor(() => expect(asked).toContain('open'));
    hosts[0]?.raw.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    first.resolve();
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'), 3000);
    expect(latched()).toBe(0);
  });

  it('survives a system that gives it no process', async () => {
    let refusals = 2;
    const { supervisor } = supervise([healthy], {
      beforeSpawn: () => {
        refusals -= 1;
        if (refusals >= 0) throw new HsmFault('unavailable', 'no descriptors');
      },
    });
    await vi.waitFor(() => expect(supervisor.reason).toContain('no descriptors'));
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'), 3000);
  });

  it('replaces a host that answers garbage while it starts, and can still be stopped', async () => {
    const open: Answer = (frame, host) => host.send({ ...frame, code: 99, body });
    const { supervisor, hosts } = supervise([{ ...healthy, open }]);
    await vi.waitFor(() => expect(hosts.length).toBeGreaterThan(1), 3000);
    await supervisor.stop();
    expect(supervisor.phase).toBe('stopped');
  });

  it('starts another host when one cannot open the token, and says why meanwhile', async () => {
    const open: Answer = (frame, host) =>
      host.fail(frame, 'unavailable', { detail: 'no token labelled "test"' });
    const { supervisor, lines } = supervise([{ ...healthy, open }, healthy]);
    await vi.waitFor(() => expect(lines.map(({ event }) => event)).toContain('token-host.start-failed'));
    expect(supervisor.reason).toContain('no token labelled "test"');
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
  });

  it('replaces a host that speaks another protocol', async () => {
    const { supervisor, hosts } = supervise([{ ...healthy, greeting: () => undefined }, healthy]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
    expect(hosts).toHaveLength(2);
  });

  it('replaces a host that says in its work that it can do no more good', async () => {
    const describeKey: Answer = (frame, host) =>
      host.fail(frame, 'unavailable', { detail: 'removed', origin: 'C_Sign: X', fatal: true });
    const { supervisor, hosts, lines } = supervise([{ ...healthy, describe: describeKey }, healthy]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
    await expect(supervisor.call('describe', body)).rejects.toMatchObject({ code: 'unavailable' });
    await vi.waitFor(() => expect(hosts).toHaveLength(2));
    expect(lines.find(({ event }) => event === 'token-host.lost')?.fields).toMatchObject({
      reason: 'C_Sign: X',
    });
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
  });

  it('serves on without a canary, and says so', async () => {
    const prepare: Answer = (frame, host) => host.answer(frame, encodeJson({ canary: 'no such key' }));
    const { supervisor, lines } = supervise([{ ...healthy, prepare }]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('ready'));
    await vi.waitFor(() => expect(lines.map(({ event }) => event)).toContain('token-host.no-canary'));
  });

  it('stops at once while it waits to start another host, and stays stopped', async () => {
    const open: Answer = (frame, host) => host.fail(frame, 'unavailable');
    const { supervisor, hosts } = supervise([{ ...healthy, open }]);
    await vi.waitFor(() => expect(supervisor.phase).toBe('recovering'));
    const before = hosts.length;
    await supervisor.stop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(hosts.length).toBeLessThanOrEqual(before + 1);
    expect(supervisor.phase).toBe('stopped');
  });
});
