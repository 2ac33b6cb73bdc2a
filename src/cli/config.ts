/** `portcullis config …`: commands about configuration files. They start nothing. */
import { Command } from 'commander';
import { runConfigCheck } from './config-check.ts';

export function configCommand(): Command {
  const check = new Command('check')
    .description('read a configuration as the proxy would, list every problem, say what it means')
    .argument('<file>', 'configuration file')
    .option('--json', 'print one JSON document', false)
    .action(async (file: string, { json }: { json: boolean }) => {
      process.exitCode = await runConfigCheck(file, { json, out: process.stdout });
    });
  return new Command('config').description('work with configuration files').addCommand(check);
}
