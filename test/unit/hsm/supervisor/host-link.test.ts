import { afterEach, describe, expect, it, vi } from 'vitest';
import { softhsm2 } from '../../../../src/hsm/devices/softhsm2.ts';
import { HostLink } from '../../../../src/hsm/supervisor/host-link.ts';
import type { Frame } from '../../../../src/hsm/wire/frame.ts';
import { OPERATIONS, operationOf } from '../../../../src/hsm/wire/operations.ts';
import { ScriptedHost } from '../../../support/scripted-host.ts';

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const links: HostLink[] = [];

afterEach(() => {
  for (const link of links.splice(0)) link.lose('end of test');
});

function connect(
  host: ScriptedHost,
  overrides: { maxQueue?: number; fastWindow?: number; hangMs?: number; metadataHangMs?: number } = {},
) {
  const events = {
    onGreeting: vi.fn(),
    onClosed: vi.fn((reason: string): void => link.lose(reason)),
    onLost: vi.fn(),
    onUnfit: vi.fn((reason: string): void => link.lose(reason)),
  };
  const hangMs = overrides.hangMs ?? 1000;
  const link: HostLink = new HostLink({
    pid: 4711,
    socket: host.socket,
    profile: {
      ...softhsm2,
      fastWindow: overrides.fastWindow ?? 32,
      hangMs: {
        crypto: hangMs,
        metadata: overrides.metadataHangMs ?? hangMs,
        login: hangMs,
        keyGeneration: hangMs,
      },
    },
    clock,
    maxQueue: overrides.maxQueue ?? 100,
    events,
  });
  links.push(link);
  return { link, events };
}

const body = Uint8Array.of(1);
const soon = () => ({ deadlineMs: performance.now() + 60 });
const patient = () => ({ deadlineMs: performance.now() + 10_000 });
const echo = (frame: Frame, host: ScriptedHost) => host.answer(frame, frame.body);

describe('a link to a token host', () => {
  it('greets, then carries calls and their answers with tenant and lane', async () => {
    const host = new ScriptedHost({ onFrame: echo });
    const { link, events } = connect(host);
    const answer = await link.call('gcmEncrypt', Uint8Array.of(7), { tenant: 9 });
    expect([...answer]).toEqual([7]);
    expect(events.onGreeting).toHaveBeenCalledExactlyOnceWith({ protocolVersion: 4, pid: 1 });
    expect(host.asked[0]).toMatchObject({ tenant: 9, lane: 0, code: OPERATIONS.gcmEncrypt.code });
  });

  it('refuses a host of another protocol version', async () => {
    const { events } = connect(new ScriptedHost({ greet: { protocolVersion: 99, pid: 1 } }));
    await vi.waitFor(() =>
      expect(events.onUnfit).toHaveBeenCalledWith('the token host speaks protocol 99, not 4'),
    );
  });

  it('matches answers to calls whatever their order', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host);
    const calls = [1, 2, 3].map((value) => link.call('describe', Uint8Array.of(value), patient()));
    await vi.waitFor(() => expect(host.asked).toHaveLength(3));
    for (const frame of [...host.asked].reverse()) host.answer(frame, frame.body);
    expect((await Promise.all(calls)).map((bytes) => bytes[0])).toEqual([1, 2, 3]);
  });

  it('answers the caller at the deadline and drops the late reply', async () => {
    const host = new ScriptedHost();
    const { link, events } = connect(host);
    await expect(link.call('gcmEncrypt', body, soon())).rejects.toMatchObject({ code: 'timeout' });
    const [late] = host.asked as [Frame];
    host.answer(late, Uint8Array.of(99));
    const next = link.call('gcmEncrypt', body, patient());
    await vi.waitFor(() => expect(host.asked).toHaveLength(2));
    const [, second] = host.asked as [Frame, Frame];
    host.answer(second, Uint8Array.of(2));
    expect([...(await next)]).toEqual([2]);
    expect(events.onUnfit).not.toHaveBeenCalled();
  });

  it('refuses a call whose deadline has passed already without asking the host', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host);
    await expect(link.call('gcmEncrypt', body, { deadlineMs: performance.now() - 1 })).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(host.asked).toHaveLength(0);
  });

  it('tells how many calls wait and run in each lane, and none once it is lost', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 2 });
    const calls = [1, 2, 3].map(() => link.call('gcmEncrypt', body, patient()));
    const slow = link.call('listKeys', body, patient());
    expect(link.queue('fast')).toEqual({ waiting: 1, running: 2 });
    expect(link.queue('slow')).toEqual({ waiting: 0, running: 1 });
    link.lose('over');
    const ends = await Promise.allSettled([...calls, slow]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    expect(link.queue('fast')).toEqual({ waiting: 0, running: 0 });
  });

  it('never sends what expired while it waited', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 1 });
    const first = link.call('gcmEncrypt', body, patient());
    await expect(link.call('gcmEncrypt', body, soon())).rejects.toMatchObject({ code: 'timeout' });
    host.answer(host.asked[0] as Frame);
    await first;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(host.asked).toHaveLength(1);
  });

  it('never gives a new call the id of one that the host still owes an answer', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host);
    await expect(link.call('gcmEncrypt', body, soon())).rejects.toMatchObject({ code: 'timeout' });
    void link.call('gcmEncrypt', body).catch(() => undefined);
    await vi.waitFor(() => expect(host.asked).toHaveLength(2));
    const ids = host.asked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('holds no more than the window at the host, and no more than the limit in the queue', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 2, maxQueue: 3 });
    const calls = Array.from({ length: 6 }, () => link.call('gcmEncrypt', body, patient()));
    const sixth = calls.pop();
    await expect(sixth).rejects.toMatchObject({ code: 'busy' });
    await vi.waitFor(() => expect(host.asked).toHaveLength(2));
    expect(link.load).toBe(5);
    for (let index = 0; index < 5; index += 1) {
      await vi.waitFor(() => expect(host.asked.length).toBeGreaterThan(index));
      host.answer(host.asked[index] as Frame);
    }
    await Promise.all(calls);
    expect(link.load).toBe(0);
  });

  it('serves tenants in turn and keeps slow work out of the fast lane', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 1 });
    const calls = [1, 1, 1, 2].map((tenant) => link.call('gcmEncrypt', body, { tenant, ...patient() }));
    calls.push(link.call('listKeys', body), link.call('listKeys', body));
    for (let index = 0; index < 6; index += 1) {
      await vi.waitFor(() => expect(host.asked.length).toBeGreaterThan(index));
      host.answer(host.asked[index] as Frame);
    }
    await Promise.all(calls);
    const fast = host.asked.filter(({ lane }) => lane === 0).map(({ tenant }) => tenant);
    expect(fast).toEqual([1, 1, 2, 1]);
    expect(host.asked.filter(({ lane }) => lane === 1)).toHaveLength(2);
  });

  it('calls a host unfit when it owes an answer for longer than the class allows', async () => {
    const host = new ScriptedHost();
    const { link, events } = connect(host, { hangMs: 100 });
    void link.call('gcmEncrypt', body, soon()).catch(() => undefined);
    await vi.waitFor(() => expect(events.onUnfit).toHaveBeenCalled());
    expect(events.onUnfit.mock.calls[0]?.[0]).toMatch(/^gcmEncrypt has had no answer for \d+ ms$/);
  });

  it('lets a host live that answers late but within the class', async () => {
    const host = new ScriptedHost({ onFrame: (frame, self) => setTimeout(() => self.answer(frame), 150) });
    const { link, events } = connect(host, { hangMs: 2000 });
    await expect(link.call('gcmEncrypt', body, soon())).rejects.toMatchObject({ code: 'timeout' });
    await vi.waitFor(() => expect(link.load).toBe(0));
    expect(events.onUnfit).not.toHaveBeenCalled();
  });

  it('passes on the fault of a host, and calls it unfit when the host says that it is', async () => {
    const host = new ScriptedHost({
      onFrame: (frame, self) =>
        self.fail(frame, 'unavailable', { detail: 'gone', origin: 'C_Sign: X', fatal: true }),
    });
    const { link, events } = connect(host);
    await expect(link.call('gcmEncrypt', body)).rejects.toMatchObject({
      code: 'unavailable',
      detail: 'gone',
    });
    expect(events.onUnfit).toHaveBeenCalledWith('C_Sign: X');
  });

  it.for([
    {
      name: 'an answer nobody asked for',
      frame: { id: 77, code: 0, lane: 0, tenant: 0, body },
      says: /request 77/,
    },
  ])('calls a host unfit for $name', async ({ frame, says }) => {
    const host = new ScriptedHost();
    const { events } = connect(host);
    host.send(frame);
    await vi.waitFor(() => expect(events.onUnfit.mock.calls[0]?.[0]).toMatch(says));
  });

  it.for([
    { name: 'a status that does not exist', code: 99, answer: '{}', says: /garbage: .*unknown status 99/ },
    { name: 'a fault that is not JSON', code: 1, answer: '{', says: /garbage: .*not JSON/ },
    { name: 'a fault without detail', code: 1, answer: 'null', says: /garbage: .*no detail/ },
  ])('calls a host unfit for $name, and leaves no call without an end', async ({ code, answer, says }) => {
    const host = new ScriptedHost({
      onFrame: (frame, self) => self.send({ ...frame, code, body: Buffer.from(answer) }),
    });
    const { link, events } = connect(host);
    await expect(link.call('gcmEncrypt', body)).rejects.toMatchObject({ code: 'unavailable' });
    expect(events.onUnfit.mock.calls[0]?.[0]).toMatch(says);
  });

  it('judges a hang by the class of the call that the host has in its hands', async () => {
    const host = new ScriptedHost({
      onFrame: (frame, self) =>
        setTimeout(() => self.answer(frame), operationOf(frame.code) === 'describe' ? 400 : 0),
    });
    const { link, events } = connect(host, { hangMs: 100, metadataHangMs: 2000 });
    const described = link.call('describe', body, patient());
    await new Promise((resolve) => setTimeout(resolve, 150));
    void link.call('gcmEncrypt', body, soon()).catch(() => undefined);
    await described;
    expect(events.onUnfit).not.toHaveBeenCalled();
  });

  it('judges a call that the host works on beside others on its own', async () => {
    const host = new ScriptedHost({
      onFrame: (frame, self) => {
        if (operationOf(frame.code) !== 'vaultSignSlowly') self.answer(frame);
      },
    });
    const { link, events } = connect(host, { hangMs: 2000, metadataHangMs: 100 });
    const signed = link.call('vaultSignSlowly', body, patient()).catch(() => 'lost');
    while (events.onUnfit.mock.calls.length === 0)
      await link.call('gcmEncrypt', body, patient()).catch(() => 0);
    expect(events.onUnfit).toHaveBeenCalledWith(
      expect.stringMatching(/^vaultSignSlowly has had no answer for \d+ ms$/),
    );
    expect(await signed).toBe('lost');
  });

  it('takes no answer of a call beside others for a sign that the one in its hands goes on', async () => {
    const host = new ScriptedHost({
      onFrame: (frame, self) => {
        if (operationOf(frame.code) === 'vaultSignSlowly') self.answer(frame);
      },
    });
    const { link, events } = connect(host, { hangMs: 100, metadataHangMs: 2000 });
    void link.call('gcmEncrypt', body, patient()).catch(() => undefined);
    while (events.onUnfit.mock.calls.length === 0) {
      await link.call('vaultSignSlowly', body, patient()).catch(() => 0);
    }
    expect(events.onUnfit).toHaveBeenCalledWith(expect.stringMatching(/^gcmEncrypt has had no answer/));
  });

  it('keeps what takes seconds out of the slow lane', async () => {
    const host = new ScriptedHost({
      onFrame: (frame, self) => {
        if (operationOf(frame.code) !== 'vaultCreatePair') self.answer(frame);
      },
    });
    const { link } = connect(host);
    const made = [1, 2].map(() => link.call('vaultCreatePair', body, patient()).catch(() => undefined));
    await link.call('vaultSignSlowly', body, patient());
    await link.call('vaultCreate', body, patient());
    expect(link.queue('making')).toEqual({ waiting: 1, running: 1 });
    expect(link.load).toBe(2);
    link.lose('end');
    await Promise.all(made);
  });

  it('tells a call that was never sent from one that may have been worked on', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 1 });
    const calls = [link.call('gcmEncrypt', body, patient()), link.call('gcmEncrypt', body, patient())];
    await vi.waitFor(() => expect(host.asked).toHaveLength(1));
    link.lose('crash', true);
    const [sent, waiting] = await Promise.allSettled(calls);
    expect(sent).toMatchObject({ reason: { sent: true, crashed: true } });
    expect(waiting).toMatchObject({ reason: { sent: false } });
    await expect(link.call('gcmEncrypt', body)).rejects.toMatchObject({ sent: false });
  });

  it('notes where the time went, and which host answered', async () => {
    const host = new ScriptedHost({ onFrame: (frame, self) => setTimeout(() => self.answer(frame), 30) });
    const { link } = connect(host, { fastWindow: 1 });
    const trace = { queueMs: 0, tokenMs: 0, host: undefined as number | undefined };
    const calls = [{ ...patient() }, { trace, ...patient() }];
    await Promise.all(calls.map((options) => link.call('gcmEncrypt', body, options)));
    expect(trace.host).toBe(4711);
    expect(trace.queueMs).toBeGreaterThan(20);
    expect(trace.tokenMs).toBeGreaterThan(20);
  });

  it('refuses a request that no frame can hold', async () => {
    const { link } = connect(new ScriptedHost());
    await expect(link.call('gcmEncrypt', new Uint8Array(70_000))).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(link.load).toBe(0);
  });

  it('keeps room for the others when one tenant fills the queue', async () => {
    const host = new ScriptedHost();
    const { link } = connect(host, { fastWindow: 1, maxQueue: 10 });
    const flood = Array.from({ length: 20 }, () =>
      link.call('gcmEncrypt', body, { tenant: 1, ...patient() }),
    );
    const others = Array.from({ length: 3 }, () =>
      link.call('gcmEncrypt', body, { tenant: 2, ...patient() }),
    );
    const settled = Promise.allSettled([...flood, ...others]);
    link.lose('end');
    const codes = (await settled).map((result) => (result.status === 'rejected' ? result.reason.code : 'ok'));
    expect(codes.slice(0, 20).filter((code) => code === 'busy')).toHaveLength(9);
    expect(codes.slice(20)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  });

  it('loses the host on bytes that are no frame, and rejects all that waited', async () => {
    const host = new ScriptedHost();
    const { link, events } = connect(host, { fastWindow: 1 });
    const calls = [link.call('gcmEncrypt', body, patient()), link.call('gcmEncrypt', body, patient())];
    await vi.waitFor(() => expect(host.asked).toHaveLength(1));
    host.raw.write(Buffer.alloc(64, 0xff));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'unavailable' });
    expect(events.onLost).toHaveBeenCalledOnce();
    await expect(link.call('gcmEncrypt', body)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
