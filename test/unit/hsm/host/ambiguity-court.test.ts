import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AmbiguityCourt } from '../../../../src/hsm/host/ambiguity-court.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the ambiguity court', () => {
  it('mistake 7: blames the data when the canary passes, and the token when it does not', () => {
    const verdicts: boolean[] = [];
    const sound = new AmbiguityCourt(
      () => true,
      () => 100,
    );
    sound.judge((verdict) => verdicts.push(verdict));
    const broken = new AmbiguityCourt(
      () => false,
      () => 100,
    );
    broken.judge((verdict) => verdicts.push(verdict));
    expect(verdicts).toEqual([true, false]);
  });

  it('keeps the distance between trials, each after the failures that it settles', () => {
    const canary = vi.fn(() => true);
    const court = new AmbiguityCourt(canary, () => 100);
    let settled = 0;
    for (let ms = 0; ms < 1000; ms += 1) {
      court.judge(() => {
        settled += 1;
      });
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(100);
    expect(settled).toBe(1000);
    expect(canary.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(canary.mock.calls.length).toBeLessThanOrEqual(11);
  });
});
