import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../src/cli/iso-duration.ts';

describe('a duration', () => {
  it.for([
    ['P90D', 7_776_000_000],
    ['P1W', 604_800_000],
    ['PT1H', 3_600_000],
    ['PT1M', 60_000],
    ['PT1S', 1_000],
    ['P1DT12H30M5S', 131_405_000],
    ['P0D', 0],
  ] as const)('%s is %i ms', ([text, ms]) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.for(['', 'P', 'PT', 'P1DT', '90D', 'P1M', 'P1Y', 'P-1D', 'P1.5D', 'p1d', 'P1D ', 'PT1H1H'])(
    'is not %j',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});
