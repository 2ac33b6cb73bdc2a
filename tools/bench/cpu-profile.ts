/** Sums a V8 CPU profile up: by function, and by the room of ours or the library on whose behalf it ran. */
import type { ProfileSummary } from './bench-run.ts';

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** `root` is the file URL of the repository. Times before `skipMicros` (start-up) do not count. */
export function summariseProfile(profile: CpuProfile, root: string, skipMicros = 0): ProfileSummary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id);
  const own = selfMicros(profile, skipMicros);
  const functions = new Map<string, number>();
  const areas = new Map<string, number>();
  let busyMicros = 0;
  let idleMicros = 0;
  for (const [id, micros] of own) {
    const frames = stackOf(id, nodes, parents);
    const name = frames[0]?.callFrame.functionName ?? '';
    if (name === '(idle)' || name === '(root)') {
      idleMicros += micros;
      continue;
    }
    busyMicros += micros;
    add(functions, JSON.stringify(describeFunction(frames, root)), micros);
    add(areas, areaOf(frames, root), micros);
  }
  return {
    busySeconds: seconds(busyMicros),
    idleSeconds: seconds(idleMicros),
    functions: largest(functions, busyMicros, TOP_FUNCTIONS).map(([text, share]) => ({
      ...(JSON.parse(text) as { name: string; file: string }),
      share,
    })),
    areas: largest(areas, busyMicros, Number.POSITIVE_INFINITY).map(([area, share]) => ({ area, share })),
  };
}

function selfMicros(profile: CpuProfile, skipMicros: number): Map<number, number> {
  const own = new Map<number, number>();
  let atMicros = 0;
  for (const [index, id] of profile.samples.entries()) {
    // A sample stands for the time until the next one.
    atMicros += profile.timeDeltas[index] ?? 0;
    if (atMicros >= skipMicros) add(own, id, profile.timeDeltas[index + 1] ?? 0);
  }
  return own;
}

/** Innermost first. */
function stackOf(
  id: number,
  nodes: ReadonlyMap<number, ProfileNode>,
  parents: ReadonlyMap<number, number>,
): ProfileNode[] {
  const frames: ProfileNode[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const node = nodes.get(at);
    if (node !== undefined) frames.push(node);
  }
  return frames;
}

function describeFunction(frames: readonly ProfileNode[], root: string): { name: string; file: string } {
  const frame = frames[0]?.callFrame;
  const name = frame?.functionName || '(anonymous)';
  if (frame?.url) return { name, file: shortFile(frame.url, root) };
  if (name.startsWith('(')) return { name, file: 'V8' };
  const caller = frames.find(({ callFrame }) => callFrame.url !== '')?.callFrame;
  return { name, file: caller === undefined ? 'native' : `native, for ${shortFile(caller.url, root)}` };
}

function shortFile(url: string, root: string): string {
  const file = url.startsWith(root) ? url.slice(root.length).replace(/^\//, '') : url;
  return file.replace(/^.*node_modules\//, '');
}

/** The innermost frame that is ours or a library's decides; Node.js itself works for whoever called it. */
function areaOf(frames: readonly ProfileNode[], root: string): string {
  const name = frames[0]?.callFrame.functionName;
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(program)') return 'native code outside of JavaScript: the kernel, libuv, the HTTP parser';
  for (const { callFrame } of frames) {
    const file = shortFile(callFrame.url, root);
    const [, packageName] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(callFrame.url) ?? [];
    if (packageName !== undefined) return PACKAGE_AREAS.get(packageName) ?? `package ${packageName}`;
    const [, room] = /^(src\/(?:(?:edge|engine|hsm)\/[\w-]+|[\w-]+))(?:\/|\.ts)/.exec(file) ?? [];
    if (room !== undefined) return AREAS_OF_ROOMS.get(room) ?? `${room}`;
  }
  return 'Node.js: HTTP server, sockets, timers';
}

function largest(totals: ReadonlyMap<string, number>, whole: number, count: number): [string, number][] {
  return [...totals]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, micros]) => [name, Math.round((micros / whole) * 1000) / 1000]);
}

function add<K>(totals: Map<K, number>, key: K, amount: number): void {
  totals.set(key, (totals.get(key) ?? 0) + amount);
}

function seconds(micros: number): number {
  return Math.round(micros / 1000) / 1000;
}

const TOP_FUNCTIONS = 15;
const LOG = 'log: src/log with winston';
const METRICS = 'metrics: src/metrics with prom-client';
const EXPRESS = 'Express';
const AREAS_OF_ROOMS: ReadonlyMap<string, string> = new Map([
  ['src/edge/http', 'src/edge/http: taking the request, writing the answer to its socket'],
  ['src/edge/xks', 'src/edge/xks: checks, JSON, Base64, what is logged'],
  ['src/hsm/aead', 'src/hsm: choosing a host, queue, deadlines'],
  ['src/hsm/fleet', 'src/hsm: choosing a host, queue, deadlines'],
  ['src/hsm/supervisor', 'src/hsm: choosing a host, queue, deadlines'],
  ['src/hsm/token-fleet', 'src/hsm: choosing a host, queue, deadlines'],
  ['src/hsm/wire', 'src/hsm/wire: frames between proxy and token host, their socket included'],
  ['src/log', LOG],
  ['src/main', 'src/main: random IVs, the clock'],
  ['src/metrics', METRICS],
  ['src/sigv4', 'src/sigv4: the signature'],
]);
const PACKAGE_AREAS: ReadonlyMap<string, string> = new Map([
  ...[
    'winston',
    'winston-transport',
    'logform',
    'readable-stream',
    'triple-beam',
    '@colors/colors',
    'async',
  ].map((name): [string, string] => [name, LOG]),
  ['prom-client', METRICS],
  ['pkcs11js', 'pkcs11js: the calls into the module, its own work included'],
  ...['express', 'router', 'finalhandler', 'parseurl', 'encodeurl', 'is-promise', 'debug'].map(
    (name): [string, string] => [name, EXPRESS],
  ),
]);
