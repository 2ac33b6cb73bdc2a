import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../src/domain/xks/token-bucket.ts';

describe('the quota of a path prefix', () => {
  it('X-11 X-56: lets a burst through and refuses the next', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
  });

  it('X-11: refills at its rate, and a refused request takes nothing', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 0);
    expect([bucket.take(0), bucket.take(50), bucket.take(99), bucket.take(100)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('X-11: never holds more than its burst', () => {
    const bucket = new TokenBucket({ perSecond: 1000, burst: 2 }, 0);
    expect([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)]).toEqual([true, true, false]);
  });

  it('X-11: a moment in the past neither fills nor empties', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 1000);
    expect([bucket.take(0), bucket.take(0), bucket.take(1999), bucket.take(2000)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('X-11: over any stretch, never passes more than its burst plus rate times time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (gapsMs) => {
        const bucket = new TokenBucket({ perSecond: 5, burst: 3 }, 0);
        let nowMs = 0;
        let passed = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          passed += Number(bucket.take(nowMs));
        }
        expect(passed).toBeLessThanOrEqual(3 + (nowMs / 1000) * 5 + 1e-6);
      }),
    );
  });
});
