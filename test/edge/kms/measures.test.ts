/** What is measured of each request: once, under a name that the API has. */
import { describe, expect, it, vi } from 'vitest';
import { KmsFault } from '../../../src/domain/kms/kms-fault.ts';
import { KmsRig } from './rig.ts';

describe('a request of the engine is measured', () => {
  it('with its operation and its time, as a success', async () => {
    const rig = new KmsRig();
    const asked = rig.ask({ operation: 'Encrypt', body: { KeyId: 'a', Plaintext: 'aGVsbG8=' } });
    rig.monotonicMs += 12.5;
    await asked;
    expect(rig.measures).toEqual([{ operation: 'Encrypt', errorName: '', seconds: 0.0125 }]);
  });

  it('with the name of its error', async () => {
    const rig = new KmsRig();
    rig.failure = new KmsFault('DisabledException', 'arn is disabled.');
    await rig.ask({ operation: 'DescribeKey', body: { KeyId: 'a' } });
    expect(rig.measures).toEqual([{ operation: 'DescribeKey', errorName: 'DisabledException', seconds: 0 }]);
  });

  it('without a name that its sender has invented', async () => {
    const rig = new KmsRig();
    await rig.ask({ operation: 'Invented' });
    expect(rig.measures).toEqual([
      { operation: 'unknown', errorName: 'UnknownOperationException', seconds: 0 },
    ]);
  });

  it('once, when its answer comes after the deadline', async () => {
    vi.useFakeTimers();
    const rig = new KmsRig();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.held = promise;
    const told = rig.told({ operation: 'ListKeys' });
    rig.monotonicMs += 10_000;
    await vi.advanceTimersByTimeAsync(10_000);
    await told;
    resolve();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(rig.measures).toEqual([
      { operation: 'ListKeys', errorName: 'DependencyTimeoutException', seconds: 10 },
    ]);
  });
});
