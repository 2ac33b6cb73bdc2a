/** CPU time and memory of running processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of all threads, in the program and in the kernel. The kernel counts in steps of 10 ms. */
export function cpuMicros(pid: number): number {
  const fields = statFields(String(pid));
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
}

export function totalCpuMicros(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
}

export function residentMb(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 102.4) / 10;
}

/** Processor time since boot that was not idle, on all processors: everybody's, and ours and our ended children's. */
export function busyMicros(): { everybody: number; ours: number } {
  const [, fields = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.split(' ').map(Number);
  const everybody = user + nice + system + irq + softirq + steal;
  const ours = statFields('self').slice(11, 15).map(Number);
  return {
    everybody: everybody * MICROS_PER_TICK,
    ours: ours.reduce((sum, ticks) => sum + ticks, 0) * MICROS_PER_TICK,
  };
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statFields(name)[1] === String(pid))
    .map(Number);
}

/** The share of the `availableMicros` that went to programs other than ours since then. */
export function othersSince(before: ReturnType<typeof busyMicros>, availableMicros: number): number {
  const now = busyMicros();
  const others = now.everybody - before.everybody - (now.ours - before.ours);
  return Math.round((others / availableMicros) * 1000) / 1000;
}

/** What follows the command name in /proc/<pid>/stat, beginning with the state; empty when it has ended. */
function statFields(pid: string): string[] {
  try {
    // The command name, in parentheses, may itself hold spaces and parentheses.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const MICROS_PER_TICK = 10_000;
