/** Welch's t-test for times: whether two kinds of input take different times, as far as so many samples can tell. */

export interface Timings {
  readonly name: string;
  readonly times: readonly number[];
}

/** Runs the kinds in random order, each so many times, after as many again have warmed the compiler up. */
export function measure(
  kinds: readonly { readonly name: string; readonly prepare: () => () => void }[],
  samples: number,
): Timings[] {
  const times = kinds.map(() => [] as number[]);
  for (let round = -samples / 10; round < samples; round += 1) {
    for (const index of shuffled(kinds.length)) {
      const work = kinds[index]?.prepare() ?? (() => undefined);
      const startedAt = process.hrtime.bigint();
      work();
      const nanoseconds = Number(process.hrtime.bigint() - startedAt);
      if (round >= 0) times[index]?.push(nanoseconds);
    }
  }
  return kinds.map(({ name }, index) => ({ name, times: times[index] ?? [] }));
}

/** Without the slowest tenth of both, in which other processes show. |t| above 4.5 is taken for a difference. */
export function welch(left: Timings, right: Timings): number {
  const limit = [...left.times, ...right.times].sort((a, b) => a - b)[
    Math.floor(0.9 * (left.times.length + right.times.length))
  ];
  const [one, other] = [left, right].map(({ times }) =>
    moments(times.filter((time) => time <= Number(limit))),
  );
  if (one === undefined || other === undefined) return Number.NaN;
  return (one.mean - other.mean) / Math.sqrt(one.variance / one.count + other.variance / other.count);
}

function moments(values: readonly number[]) {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}

function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, index) => ({ index, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ index }) => index);
}
