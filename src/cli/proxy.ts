/** `portcullis proxy`: serves a configuration until a signal ends it; SIGHUP or a change reads the file again. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { ConfigFault } from '../config/config-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { watchFiles } from '../config/watch-files.ts';
import { createLog } from '../log/log.ts';
import { startPortcullis } from '../main.ts';
import { serveUntilSignal } from './serve.ts';

export function proxyCommand(): Command {
  return new Command('proxy')
    .description(
      'run the XKS proxy (it reloads its configuration when that changes and on SIGHUP; SIGTERM drains)',
    )
    .requiredOption('-c, --config <file>', 'configuration file')
    .addHelpText('after', EXAMPLE)
    .action(({ config }: { config: string }) => runProxy(config));
}

/** Rejects before anything listens when the configuration is refused. */
async function runProxy(configFile: string): Promise<void> {
  let sources: readonly string[] = [resolve(configFile)];
  let onChange: () => void = () => undefined;
  const watch = watchFiles(
    () => sources,
    () => onChange(),
  );
  const read = (): PortcullisConfig => {
    watch.reading();
    try {
      const config = loadConfig(configFile);
      ({ sources } = config);
      return config;
    } catch (error) {
      if (error instanceof ConfigFault) sources = [resolve(configFile), ...error.sources];
      throw error;
    } finally {
      watch.read();
    }
  };
  const config = read();
  const log = createLog({ level: config.log.level });
  await serveUntilSignal({
    log,
    start: (requestReload) => {
      onChange = requestReload;
      return startPortcullis({ config, log, requestReload });
    },
    onReload: (running) => running.reload(read()),
  });
  watch.stop();
}

const EXAMPLE = `
  portcullis config check portcullis.yaml && portcullis proxy --config portcullis.yaml

Exit code: 0 drained after a signal, 1 the configuration is refused or an address is taken, 2 wrong usage.`;
