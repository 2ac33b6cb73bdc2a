/** `portcullis proxy`: serves a configuration until a signal ends it; SIGHUP reads the file again. */
import { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import { createLog } from '../log/log.ts';
import { startPortcullis } from '../main.ts';
import { serveUntilSignal } from './serve.ts';

export function proxyCommand(): Command {
  return new Command('proxy')
    .description('run the XKS proxy (SIGHUP reloads the configuration, SIGTERM drains)')
    .requiredOption('-c, --config <file>', 'configuration file')
    .action(({ config }: { config: string }) => runProxy(config));
}

/** Rejects before anything listens when the configuration is refused. */
async function runProxy(configFile: string): Promise<void> {
  const config = loadConfig(configFile);
  const log = createLog({ level: config.log.level });
  await serveUntilSignal({
    log,
    start: () => startPortcullis({ config, log }),
    onReload: (running) => running.reload(loadConfig(configFile)),
  });
}
