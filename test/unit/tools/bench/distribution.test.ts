import { describe, expect, it } from 'vitest';
import { latencyOf, mbPerHour, percentile } from '../../../../tools/bench/distribution.ts';

describe('percentile', () => {
  it.for([
    { percent: 50, expected: 2 },
    { percent: 75, expected: 3 },
    { percent: 76, expected: 4 },
    { percent: 99.9, expected: 4 },
    { percent: 100, expected: 4 },
    { percent: 0.1, expected: 1 },
  ])('$percent of four samples is one of them: $expected', ({ percent, expected }) => {
    expect(percentile([1, 2, 3, 4], percent)).toBe(expected);
  });

  it('has one sample in a thousand above the 99.9th', () => {
    const thousand = Array.from({ length: 1000 }, (_, index) => index + 1);
    expect(percentile(thousand, 99.9)).toBe(999);
  });
});

describe('latencyOf', () => {
  it('sorts by size, not by text, and leaves the samples in their order', () => {
    const samples = Float64Array.of(100, 9, 20);
    expect(latencyOf(samples)).toEqual({ p50Ms: 20, p99Ms: 100, p999Ms: 100 });
    expect([...samples]).toEqual([100, 9, 20]);
  });
});

describe('mbPerHour', () => {
  const sample = (atSeconds: number, proxyMb: number) => ({ atSeconds, proxyMb, hostMb: 0 });

  it('is the slope of the second half', () => {
    const samples = [
      sample(0, 50),
      sample(1800, 500),
      sample(3600, 100),
      sample(5400, 101),
      sample(7200, 102),
    ];
    expect(mbPerHour(samples.slice(0, 1), ({ proxyMb }) => proxyMb)).toBe(0);
    expect(mbPerHour(samples.slice(2).concat(sample(9000, 103)), ({ proxyMb }) => proxyMb)).toBe(2);
    expect(mbPerHour(samples, ({ hostMb }) => hostMb)).toBe(0);
  });

  it('is not misled by the growth of the first half', () => {
    const growing = [sample(0, 0), sample(10, 100), sample(20, 200), sample(30, 200), sample(40, 200)];
    expect(mbPerHour(growing, ({ proxyMb }) => proxyMb)).toBe(0);
  });
});
