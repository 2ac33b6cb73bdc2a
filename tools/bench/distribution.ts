/** Percentiles and slopes of samples that were all kept. */
import type { Latency, MemorySample } from './bench-run.ts';

/** Nearest rank on ascending samples: a value that was measured, never one in between. `percent` is above 0. */
export function percentile(ascending: ArrayLike<number>, percent: number): number {
  // Rounded first: 99.9 % of 1000 is 999.0000000000001 in floating point.
  const rank = Math.ceil(Number(((percent / 100) * ascending.length).toFixed(6)));
  return ascending[Math.min(Math.max(rank, 1), ascending.length) - 1] ?? Number.NaN;
}

export function latencyOf(samplesMs: Float64Array): Latency {
  const ascending = samplesMs.toSorted();
  return {
    p50Ms: roundMs(percentile(ascending, 50)),
    p99Ms: roundMs(percentile(ascending, 99)),
    p999Ms: roundMs(percentile(ascending, 99.9)),
  };
}

/** Least squares through the second half of the samples: the first half is the heap finding its size. */
export function mbPerHour(samples: readonly MemorySample[], read: (sample: MemorySample) => number): number {
  const settled = samples.slice(Math.floor(samples.length / 2));
  const meanSeconds = mean(settled.map(({ atSeconds }) => atSeconds));
  const meanMb = mean(settled.map(read));
  let covariance = 0;
  let variance = 0;
  for (const sample of settled) {
    covariance += (sample.atSeconds - meanSeconds) * (read(sample) - meanMb);
    variance += (sample.atSeconds - meanSeconds) ** 2;
  }
  return variance === 0 ? 0 : Math.round((covariance / variance) * 3600 * 10) / 10;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle one, or what lies halfway between the two in the middle. NaN of no values. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle] ?? Number.NaN;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
