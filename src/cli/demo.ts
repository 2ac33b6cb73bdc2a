/**
 * `portcullis demo`, which is `npm start`: a proxy and a KMS engine, each on a SoftHSM2 token of its own, with
 * generated PINs and credentials, and commands to try them with. Everything it makes is below one folder that only its owner can
 * read. Not for production: the keys are files.
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { readEnvironment } from '../config/env.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { createLog } from '../log/log.ts';
import { type Running, startPortcullis } from '../main.ts';
import { CliFault } from './cli-fault.ts';
import { demoText, writeCurlFile } from './demo-commands.ts';
import { ensureDemoDomain } from './demo-domain.ts';
import { prepareDemo } from './demo-setup.ts';
import { serveUntilSignal } from './serve.ts';

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'set up SoftHSM2 tokens with demo keys, run the proxy and the KMS engine on them, and print commands to try',
    )
    .option('--directory <path>', 'where the token, its keys and the configuration live', 'var')
    .option(
      '--danger-host <address>',
      'address of the proxy and the engine instead of 127.0.0.1: whoever reaches it may use and delete every key',
    )
    .addHelpText('after', EXAMPLE)
    .action((options: DemoOptions) => runDemo(options));
}

interface DemoOptions {
  readonly directory: string;
  readonly dangerHost?: string;
}

/** `directory` is created when absent; a second run finds token, keys and credentials as they were. */
async function runDemo(options: DemoOptions): Promise<void> {
  const directory = resolve(options.directory);
  const configFile = await prepareDemo(directory);
  const load = (): PortcullisConfig =>
    withHost(withPorts(loadConfig(configFile), readEnvironment()), options.dangerHost);
  const config = load();
  const curlFile = writeCurlFile(directory, config);
  const log = createLog({ level: config.log.level, stream: process.stderr });
  await ensureDemoDomain(config, log);
  await serveUntilSignal({
    log,
    start: (requestReload) =>
      startPortcullis({ config, log, requestReload }).catch((error: unknown) =>
        explainTakenPort(error, config),
      ),
    onStarted: async (running, stopping) => {
      await becomeReady(running, stopping);
      if (!stopping.aborted) process.stdout.write(demoText({ directory, config, curlFile, running }));
    },
    onReload: (running) => running.reload(load()),
  });
}

/** The configuration with the ports that the environment asks for; 0 takes any free port. */
function withPorts(
  config: PortcullisConfig,
  environment: Readonly<Record<string, string | undefined>>,
): PortcullisConfig {
  const port = portFrom(environment, PROXY_PORT) ?? config.proxy.port;
  const metricsPort = portFrom(environment, METRICS_PORT) ?? config.metrics?.port;
  const kmsPort = portFrom(environment, KMS_PORT) ?? config.kms?.port;
  return {
    ...config,
    proxy: { ...config.proxy, port },
    ...(config.kms !== undefined && kmsPort !== undefined && { kms: { ...config.kms, port: kmsPort } }),
    ...(config.metrics !== undefined &&
      metricsPort !== undefined && { metrics: { ...config.metrics, port: metricsPort } }),
  };
}

/** In a container nobody reaches loopback: its port mapping says who reaches this instead. */
function withHost(config: PortcullisConfig, host: string | undefined): PortcullisConfig {
  if (host === undefined) return config;
  const { proxy, kms } = config;
  return { ...config, proxy: { ...proxy, host }, ...(kms !== undefined && { kms: { ...kms, host } }) };
}

function portFrom(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_PORT) {
    throw new CliFault(
      'usage',
      `${name} is '${text}'; it must be a port number from 0 (any free port) to ${MAX_PORT}`,
    );
  }
  return Number(text);
}

function explainTakenPort(error: unknown, config: PortcullisConfig): never {
  const taken = systemErrorOf(error);
  if (taken?.code !== 'EADDRINUSE' && taken?.code !== 'EACCES') throw error;
  const variables = new Map([
    [config.proxy.port, PROXY_PORT],
    [config.kms?.port, KMS_PORT],
  ]);
  const variable = variables.get(taken.port) ?? METRICS_PORT;
  const port = taken.port ?? 0;
  const other = port + PORT_STEP > MAX_PORT ? port - PORT_STEP : port + PORT_STEP;
  const trouble = taken.code === 'EACCES' ? 'may not be used by this user' : 'is taken by another process';
  throw new CliFault(
    'port-taken',
    `port ${port} on ${taken.address} ${trouble}; free it, or choose another one: ${variable}=${other} npm start`,
    { cause: error },
  );
}

interface AddressError extends NodeJS.ErrnoException {
  readonly port?: number;
  readonly address?: string;
}

/** The operating system's error behind a fault, however often it was wrapped. */
function systemErrorOf(error: unknown): AddressError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('syscall' in at) return at as AddressError;
  }
  return undefined;
}

async function becomeReady(running: Running, stopping: AbortSignal): Promise<void> {
  const untilMs = performance.now() + READY_PATIENCE_MS;
  while (!running.readiness().ready) {
    if (stopping.aborted) return;
    if (performance.now() > untilMs) {
      throw new CliFault(
        'not-ready',
        `the demo token did not become ready: ${running.readiness().reasons.join('; ')}`,
      );
    }
    await new Promise((resolveWait) => setTimeout(resolveWait, READY_POLL_MS));
  }
}

const PROXY_PORT = 'PORTCULLIS_PORT';
const KMS_PORT = 'PORTCULLIS_KMS_PORT';
const METRICS_PORT = 'PORTCULLIS_METRICS_PORT';
const MAX_PORT = 65_535;
/** How far off the port lies that is suggested instead. */
const PORT_STEP = 10_000;
const READY_PATIENCE_MS = 10_000;
const READY_POLL_MS = 25;
const EXAMPLE = `
Not for production: the keys are files. A second run finds token, keys and credentials as they were.

  PORTCULLIS_PORT=18080 portcullis demo --directory demo

In a container, map the ports to loopback of its machine, for the engine lets everybody in:

  docker run -p 127.0.0.1:4599:4599 portcullis demo --danger-host 0.0.0.0

Exit code: 0 drained after a signal, 1 a port is taken or the token is damaged, 2 wrong usage.`;
