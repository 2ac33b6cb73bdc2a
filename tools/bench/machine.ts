/** What a figure means nothing without: the code, the programs, the processor, and who else was using it. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Machine } from './bench-run.ts';
import { wrkVersion } from './wrk.ts';

export function describeMachine(): Machine {
  return {
    commit: output('git', 'rev-parse', 'HEAD') || 'unknown',
    dirty: output('git', 'status', '--porcelain', '--', '.', ':!docs') !== '',
    node: process.version,
    openssl: process.versions.openssl,
    softhsm: output('softhsm2-util', '--version'),
    wrk: wrkVersion(),
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    loadBefore: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}

/** Empty when the program is not there or fails. */
function output(command: string, ...args: readonly string[]): string {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}
