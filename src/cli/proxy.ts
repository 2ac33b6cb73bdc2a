/** `portcullis proxy`: serves a configuration until a signal ends it; SIGHUP or a change reads the file again. */
import { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import { type FileWatch, watchFiles } from '../config/watch-files.ts';
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
  const config = loadConfig(configFile);
  const log = createLog({ level: config.log.level });
  let { sources } = config;
  let watch: FileWatch | undefined;
  await serveUntilSignal({
    log,
    start: (requestReload) => {
      watch = watchFiles(() => sources, requestReload);
      return startPortcullis({ config, log, requestReload });
    },
    onReload: (running) => {
      watch?.settle();
      const next = loadConfig(configFile);
      ({ sources } = next);
      watch?.settle();
      running.reload(next);
    },
  });
  watch?.stop();
}

const EXAMPLE = `
  portcullis config check portcullis.yaml && portcullis proxy --config portcullis.yaml

Exit code: 0 drained after a signal, 1 the configuration is refused or an address is taken, 2 wrong usage.`;
