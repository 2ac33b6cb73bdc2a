/** One run: token, echo and proxy after one another on one machine, so that their figures may be compared. */
import type { BenchRun } from './bench-run.ts';
import { describeMachine } from './machine.ts';
import { busyMicros, othersSince } from './process-usage.ts';
import { type Plan, TestStand } from './test-stand.ts';

export const FULL_PLAN: Plan = {
  ...{ quick: false, tokenLoop: 2, warmUp: 4, point: 5, steady: 15, profile: 8 },
  connections: { plain: [1, 16, 64], tls: [1, 16, 64] },
};

export const QUICK_PLAN: Plan = {
  ...{ quick: true, tokenLoop: 0.5, warmUp: 1, point: 1, steady: 2, profile: 2 },
  connections: { plain: [1, 16, 64], tls: [16] },
};

/** `say` is told of each step. */
export async function runBench(plan: Plan, say: (line: string) => void): Promise<BenchRun> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const machine = describeMachine();
  const busyBefore = busyMicros();
  await using stand = await TestStand.open(plan, say);
  const before = await stand.tokenLoop();
  const message = await stand.messageSizes();
  await stand.measure(message, false);
  await stand.measurePair();
  await stand.measure(message, true);
  const profile = await stand.profile();
  const tokenLoops = [before, await stand.tokenLoop()];
  const elapsedMs = performance.now() - startedMs;
  const othersShare = othersSince(busyBefore, elapsedMs * 1000 * machine.cores);
  const { points, steady, memory } = stand;
  const commands = [...stand.commands];
  return {
    format: 1,
    quick: plan.quick,
    startedAt,
    seconds: Math.round(elapsedMs / 1000),
    machine,
    othersShare,
    message,
    tokenLoops,
    points,
    steady,
    memory,
    profile,
    commands,
  };
}
