/** `portcullis config …`: commands about configuration files. They start nothing. */
import { Command } from 'commander';
import { runConfigCheck } from './config-check.ts';

export function configCommand(): Command {
  const check = new Command('check')
    .description('read a configuration as the proxy would, list every problem, say what it means')
    .argument('<file>', 'configuration file')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, { json }: { json: boolean }) => {
      process.exitCode = await runConfigCheck(file, { json, out: process.stdout });
    });
  return new Command('config').description('work with configuration files').addCommand(check);
}

const EXAMPLE = `
  portcullis config check portcullis.yaml
  portcullis config check --json portcullis.yaml | jq .keyStores

Exit code: 0 the proxy could start with it, 1 it is not usable, 2 wrong usage.`;
