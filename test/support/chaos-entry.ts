/**
 * The whole proxy as a process of its own that tells its parent what it logs, and does to itself, on demand,
 * what nobody can do to it from outside: block its event loop, step its clock, and find garbage in the
 * sockets of its token hosts.
 */
import childProcess from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Duplex } from 'node:stream';
import { loadConfig } from '../../src/config/load-config.ts';
import type { LogFields } from '../../src/domain/ports/log.ts';
import { startPortcullis } from '../../src/main.ts';
import type { ChaosOrder, ChaosReport } from './chaos-proxy.ts';
import { until } from './running-proxy.ts';

const hostSockets: Duplex[] = [];
const realNow = Date.now;

async function main(configFile: string): Promise<void> {
  rememberHostSockets();
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      if (event !== 'request') tell({ line: { level, event, fields } });
    };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const running = await startPortcullis({ config: loadConfig(configFile), log });
  process.on('message', obey);
  process.once('disconnect', () => process.exit(1));
  process.once('SIGTERM', () => void running.drain().then(() => process.exit(0)));
  const { proxy, metrics = '' } = running.addresses;
  tell({ listening: { proxy, metrics } });
  await until(() => running.readiness().ready).then(
    () => tell({ ready: true }),
    () => undefined,
  );
}

function tell(report: ChaosReport): void {
  process.send?.(report);
}

function obey(order: ChaosOrder): void {
  if (order.do === 'block') {
    const endMs = performance.now() + order.ms;
    while (performance.now() < endMs);
  } else if (order.do === 'step-clock') {
    Date.now = () => realNow() + order.byMs;
  } else {
    const socket = hostSockets.at(-1);
    socket?.emit('data', GARBAGE[order.kind]());
  }
}

/** The standard library hands out the same function to everybody, so that is where children can be met. */
function rememberHostSockets(): void {
  const realSpawn = childProcess.spawn;
  const spawn = (...args: Parameters<typeof realSpawn>): ReturnType<typeof realSpawn> => {
    const child = realSpawn(...args);
    const socket = child.stdio?.[3];
    if (socket) hostSockets.push(socket as Duplex);
    return child;
  };
  Object.assign(childProcess, { spawn });
  syncBuiltinESMExports();
}

/** What a broken host may write: noise, whose first bytes are no length, and an answer to a question that nobody asked. */
const GARBAGE = {
  noise: () => Buffer.concat([Buffer.of(0xff), randomBytes(200)]),
  'stray-answer': () => Buffer.from('00000008fffffff000000000', 'hex'),
} as const;

await main(process.argv[2] ?? '');
