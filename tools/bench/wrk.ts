/** wrk (https://github.com/wg/wrk) with requests made beforehand: it sends them in turn and measures. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BenchFault } from './bench-fault.ts';
import type { Latency } from './bench-run.ts';
import { roundMs } from './distribution.ts';

export interface WrkOrder {
  readonly origin: string;
  readonly connections: number;
  readonly seconds: number;
  readonly requests: readonly string[];
  /** Takes the script. */
  readonly directory: string;
}

export interface WrkResult extends Latency {
  readonly seconds: number;
  readonly requests: number;
  /** Answers of 400 and above, broken connections and timeouts. */
  readonly errors: number;
  readonly perSecond: number;
  readonly command: string;
}

/** The version of the wrk on this machine. Throws a BenchFault that says how to get one. */
export function wrkVersion(): string {
  const found = spawnSync(PROGRAM, ['-v'], { encoding: 'utf8' });
  if (found.error !== undefined) {
    throw new BenchFault(
      'the load generator wrk is not installed: sudo apt-get update && sudo apt-get install --yes wrk',
    );
  }
  return /^wrk (\S+)/.exec(found.stdout)?.[1] ?? 'unknown';
}

export async function runWrk(order: WrkOrder): Promise<WrkResult> {
  const script = join(order.directory, 'requests.lua');
  const list = join(order.directory, 'requests.list');
  writeFileSync(list, requestList(order.requests), { encoding: 'latin1', mode: 0o600 });
  writeFileSync(script, luaScript(list), { mode: 0o600 });
  // One thread: a second one would take the processor from what is measured.
  const args = ['-t1', `-c${order.connections}`, `-d${order.seconds}s`, '--timeout', '2s', '-s', script];
  const { stdout } = await promisify(execFile)(PROGRAM, [...args, `${order.origin}/`]);
  return { ...parseWrk(stdout), command: `${PROGRAM} ${args.slice(0, -1).join(' ')} requests.lua <origin>/` };
}

/** What the script's last line says. Throws a BenchFault when there is none. */
export function parseWrk(stdout: string): Omit<WrkResult, 'command'> {
  const [, json] = /^RESULT (.*)$/m.exec(stdout) ?? [];
  if (json === undefined) throw new BenchFault(`wrk printed no result:\n${stdout}`);
  const { micros, requests, errors, p50, p99, p999 } = JSON.parse(json) as Record<string, number> &
    Readonly<Record<'micros' | 'requests' | 'errors' | 'p50' | 'p99' | 'p999', number>>;
  const seconds = micros / 1_000_000;
  return {
    seconds: Math.round(seconds * 1000) / 1000,
    requests,
    errors,
    perSecond: Math.round((requests - errors) / seconds),
    p50Ms: roundMs(p50 / 1000),
    p99Ms: roundMs(p99 / 1000),
    p999Ms: roundMs(p999 / 1000),
  };
}

/** Each request behind its length in eight digits. A script could not hold as many: Lua has a limit on constants. */
export function requestList(requests: readonly string[]): string {
  return requests
    .map((request) => `${String(request.length).padStart(LENGTH_DIGITS, '0')}${request}`)
    .join('');
}

function luaScript(list: string): string {
  return `local requests = {}
local list = assert(io.open("${list}", "rb"))
for length in function() return list:read(${LENGTH_DIGITS}) end do
  requests[#requests + 1] = list:read(tonumber(length))
end
list:close()
local sent = 0
function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"micros":%d,"requests":%d,"errors":%d,"p50":%d,"p99":%d,"p999":%d}\\n',
    summary.duration, summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
`;
}

const LENGTH_DIGITS = 8;
const PROGRAM = 'wrk';
