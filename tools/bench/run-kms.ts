/** One run of the KMS engine: token, bare HTTP and engine on one machine, over few keys and over many. */
import type { KmsRun } from './kms-run.ts';
import { type KmsPlan, KmsStand } from './kms-stand.ts';
import { describeMachine } from './machine.ts';
import { busyMicros, othersSince } from './process-usage.ts';

export const FULL_KMS_PLAN: KmsPlan = {
  ...{ quick: false, tokenLoop: 2, warmUp: 4, point: 3, rounds: 5, profile: 8, starts: 3 },
  keys: [10, 1_000, 100_000],
};

export const QUICK_KMS_PLAN: KmsPlan = {
  ...{ quick: true, tokenLoop: 0.5, warmUp: 1, point: 1, rounds: 1, profile: 2, starts: 1 },
  keys: [10, 10_000],
};

/** `say` is told of each step. */
export async function runKms(plan: KmsPlan, say: (line: string) => void): Promise<KmsRun> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const machine = describeMachine();
  const busyBefore = busyMicros();
  await using stand = await KmsStand.open(plan, say);
  const before = await stand.tokenLoop();
  const message = await stand.measurePoints();
  await stand.measureRounds();
  await stand.measureStarts();
  const profile = await stand.profile();
  const tokenLoops = [before, await stand.tokenLoop()];
  const elapsedMs = performance.now() - startedMs;
  const { points, firstUses, rounds, starts, memory } = stand;
  return {
    ...{ format: 1, quick: plan.quick, startedAt, seconds: Math.round(elapsedMs / 1000), machine },
    othersShare: othersSince(busyBefore, elapsedMs * 1000 * machine.cores),
    ...{ message, tokenLoops, points, firstUses, rounds, starts, memory, profile },
    commands: ['npm run bench -- kms', ...stand.commands],
  };
}
