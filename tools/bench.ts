#!/usr/bin/env node
/**
 * `npm run bench`: measures token, bare HTTP server and proxy in one run, leaves every figure in docs/evidence
 * and the tables made of them in docs/performance.md. `--quick` takes less than a minute and writes nothing;
 * `--soak MINUTES` keeps the steady rate up and watches memory instead; `devices` measures every scheme on every
 * token that this machine has; `kms` measures the KMS engine, over few keys and over many; `kms-algorithms` measures
 * each of its operations with every key spec.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type RawAlgorithmsJob, runAlgorithmLoop } from './bench/algorithm-loop.ts';
import { renderAlgorithms } from './bench/algorithm-tables.ts';
import { BenchFault } from './bench/bench-fault.ts';
import { endWithChildren, readJob } from './bench/child-processes.ts';
import { type DeviceFleetJob, runDeviceFleet } from './bench/device-fleet.ts';
import { type DeviceLoopJob, runDeviceLoop } from './bench/device-loop.ts';
import { renderDevices } from './bench/device-tables.ts';
import { type EchoJob, runEcho } from './bench/echo.ts';
import { renderKms } from './bench/kms-tables.ts';
import { FULL_ALGORITHMS_PLAN, QUICK_ALGORITHMS_PLAN, runAlgorithms } from './bench/run-algorithms.ts';
import { FULL_PLAN, QUICK_PLAN, runBench } from './bench/run-bench.ts';
import { runDevices } from './bench/run-devices.ts';
import { FULL_KMS_PLAN, QUICK_KMS_PLAN, runKms } from './bench/run-kms.ts';
import { runSoak } from './bench/run-soak.ts';
import { runSteady, type SteadyJob } from './bench/steady-client.ts';
import { EVIDENCE, renderRun, writeTables } from './bench/tables.ts';
import { runTokenLoop, type TokenLoopJob } from './bench/token-loop.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      soak: { type: 'string' },
      part: { type: 'string' },
    },
  });
  if (values.part !== undefined) return await runPartNamed(values.part);
  endWithChildren();
  const [what] = positionals;
  if (what === 'devices') return await devices(values.quick);
  if (what === 'kms') return await kms(values.quick);
  if (what === 'kms-algorithms') return await algorithms(values.quick);
  if (what !== undefined)
    throw new BenchFault(`${what}: expected 'devices', 'kms', 'kms-algorithms', or no word at all`);
  if (values.soak !== undefined) return await soak(values.soak);
  const run = await runBench(values.quick ? QUICK_PLAN : FULL_PLAN, say);
  if (values.quick) {
    print(renderRun(run));
    say(`took ${run.seconds} s; nothing was written: a quick run has too few samples`);
    return;
  }
  save(`bench-${run.startedAt.slice(0, 10)}.json`, run);
  say(`took ${run.seconds} s`);
}

async function devices(quick: boolean): Promise<void> {
  const run = await runDevices(quick, say);
  if (quick) print(renderDevices(run));
  else save(`bench-devices-${run.startedAt.slice(0, 10)}.json`, run);
  say(`took ${run.seconds} s`);
}

async function kms(quick: boolean): Promise<void> {
  const run = await runKms(quick ? QUICK_KMS_PLAN : FULL_KMS_PLAN, say);
  if (quick) print(renderKms(run));
  else save(`bench-kms-${run.startedAt.slice(0, 10)}.json`, run);
  say(`took ${run.seconds} s`);
}

async function algorithms(quick: boolean): Promise<void> {
  const run = await runAlgorithms(quick ? QUICK_ALGORITHMS_PLAN : FULL_ALGORITHMS_PLAN, say);
  if (quick) print(renderAlgorithms(run));
  else save(`bench-algorithms-${run.startedAt.slice(0, 10)}.json`, run);
  say(`took ${run.seconds} s`);
}

async function soak(text: string): Promise<void> {
  const minutes = Number(text);
  if (!(minutes > 0)) throw new BenchFault(`--soak ${text}: expected a number of minutes`);
  const run = await runSoak(minutes, say);
  save(`bench-soak-${run.startedAt.slice(0, 10)}.json`, run);
}

function save(name: string, run: unknown): void {
  const file = join(EVIDENCE, name);
  writeFileSync(file, `${JSON.stringify(run, undefined, 1)}\n`);
  for (const each of [file, ...writeTables()]) say(`wrote ${each}`);
}

async function runPartNamed(name: string): Promise<void> {
  if (name === 'token-loop') print(JSON.stringify(runTokenLoop(await readJob<TokenLoopJob>())));
  else if (name === 'steady') print(JSON.stringify(await runSteady(await readJob<SteadyJob>())));
  else if (name === 'echo') runEcho(await readJob<EchoJob>());
  else if (name === 'device-loop') print(JSON.stringify(runDeviceLoop(await readJob<DeviceLoopJob>())));
  else if (name === 'device-fleet')
    print(JSON.stringify(await runDeviceFleet(await readJob<DeviceFleetJob>())));
  else if (name === 'algorithm-loop')
    print(JSON.stringify(await runAlgorithmLoop(await readJob<RawAlgorithmsJob>())));
  else throw new BenchFault(`--part ${name}: no such part`);
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (fault) {
  process.stderr.write(`bench: ${fault instanceof BenchFault ? fault.message : (fault as Error).stack}\n`);
  process.exitCode = 1;
}
