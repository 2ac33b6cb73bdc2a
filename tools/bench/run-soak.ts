/** The steady rate for as long as it takes to see whether memory grows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MemorySample, SoakRun } from './bench-run.ts';
import { mbPerHour } from './distribution.ts';
import { describeMachine } from './machine.ts';
import { FULL_PLAN } from './run-bench.ts';
import { memoryOf, TestStand } from './test-stand.ts';

export async function runSoak(minutes: number, say: (line: string) => void): Promise<SoakRun> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  await using stand = await TestStand.open(FULL_PLAN, say);
  await using proxy = await stand.startProxy(false);
  const samples: MemorySample[] = [];
  const stopped = new AbortController();
  const startedMs = performance.now();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      samples.push({ atSeconds: Math.round((performance.now() - startedMs) / 1000), ...memoryOf(proxy) });
      await sleep(SAMPLE_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  const steady = await stand.steadyPoint(proxy, false, 'Encrypt, CDIV', Math.round(minutes * 60));
  stopped.abort();
  await watching;
  const proxyMbPerHour = mbPerHour(samples, ({ proxyMb }) => proxyMb);
  const hostMbPerHour = mbPerHour(samples, ({ hostMb }) => hostMb);
  say(`resident memory: proxy ${proxyMbPerHour} MB/h, token host ${hostMbPerHour} MB/h`);
  const commands = [`npm run bench -- --soak ${minutes}`, ...stand.commands];
  return {
    ...{ format: 1, startedAt, minutes, machine, steady, samples },
    ...{ proxyMbPerHour, hostMbPerHour, commands },
  };
}

const SAMPLE_EVERY_MS = 5_000;
