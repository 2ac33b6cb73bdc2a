import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import { HEALTH, HEALTH_METADATA, type ProxyRig, proxyRig } from './rig.ts';

/** A rig whose token waits until it is let go. */
function hungRig(): { rig: ProxyRig; letGo: () => void; fail: (fault: unknown) => void } {
  const rig = proxyRig({ settings: { replyDeadlineMs: 20 } });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  rig.hsm.before = () => promise;
  return { rig, letGo: resolve, fail: reject };
}

describe('the reply deadline', () => {
  it('mistake 3: X-46 X-58: a caller has an answer although the token hangs, and others are served', async () => {
    const { rig } = hungRig();
    expect(await rig.told()).toBe(
      '503 DependencyTimeoutException: The hardware security module did not answer in time.',
    );
    expect(rig.lastLine()).toMatchObject({ status: 503, kmsRequestId: 'request-1', stage: 'key object' });
    expect(await rig.told({ path: HEALTH, body: { requestMetadata: HEALTH_METADATA } })).toBe('200');
  });

  it('X-58: a result that comes later is dropped, and no further work is begun for it', async () => {
    const { rig, letGo } = hungRig();
    await rig.ask();
    letGo();
    await turn();
    expect(rig.hsm.calls.map(({ operation }) => operation)).toEqual(['describe']);
    expect(rig.lines.map(({ event }) => event)).toEqual(['request']);
    expect(rig.measures).toHaveLength(1);
  });

  it('X-58: a result of the last step that comes later is dropped too', async () => {
    const rig = proxyRig({ settings: { replyDeadlineMs: 20 } });
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.hsm.before = ({ operation }) => ({ describe: undefined, seal: promise, open: undefined })[operation];
    expect(await rig.told()).toContain('503 DependencyTimeoutException');
    resolve();
    await turn();
    expect(rig.lines.map(({ event }) => event)).toEqual(['request']);
  });

  it('X-58: a failure that comes later is noted, and answers nobody', async () => {
    const { rig, fail } = hungRig();
    await rig.ask();
    fail(new HsmFault('timeout', 'no answer in time'));
    await turn();
    expect(rig.lines.map(({ level, event }) => [level, event])).toEqual([
      ['error', 'request'],
      ['debug', 'request.late'],
    ]);
    expect(rig.lastLine('request.late')).toEqual({
      kmsRequestId: 'request-1',
      operation: 'Encrypt',
      pathPrefix: '/one',
      externalKeyId: 'foo',
      stage: 'key object',
      cause: 'HsmFault timeout: no answer in time',
    });
  });

  it('X-58: a deadline that passed while the event loop was busy is answered at once', async () => {
    const { rig } = hungRig();
    const asked = rig.told();
    rig.monotonicMs += 1000;
    expect(await asked).toContain('503 DependencyTimeoutException');
    expect(rig.lastLine()['durations']).toMatchObject({ totalMs: 1000 });
  });
});
