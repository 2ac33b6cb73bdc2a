/** A program that is killed at random moments, as by the kernel or by somebody who pulls the plug of its container. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.ts';
import { startProcess } from '../started-process.ts';

export interface CrashPlan {
  /** Main file of the program: it says `ready`, and then one line for each thing that it acknowledges. */
  readonly entry: string;
  readonly args: readonly string[];
  /** Longest time from `ready` to the kill, in milliseconds. */
  readonly withinMs: number;
  readonly random: SeededRandom;
}

/** Kills it with SIGKILL, and resolves to what it had acknowledged. Rejects when it ended by itself. */
export async function killedAtRandom({ entry, args, withinMs, random }: CrashPlan): Promise<string[]> {
  await using child = startProcess(process.execPath, [entry, ...args]);
  await child.said('ready\n');
  await sleep(random.next() * withinMs);
  child.signalGroup('SIGKILL');
  const how = await child.exited;
  if (how !== 'SIGKILL') throw new Error(`the program was not killed (${how}):\n${child.output}`);
  // What follows the last line end was not said.
  return child.stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== 'ready');
}

/** How many kills, and the seed of their moments. */
export const CRASH_COUNT = Number(process.env['CRASH_COUNT'] ?? 20);
export const CRASH_SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 2 ** 31);
