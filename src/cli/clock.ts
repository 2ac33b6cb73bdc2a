/** `portcullis clock`: the clock of a running KMS engine. */
import { Command } from 'commander';
import { clockAdvanceCommand } from './clock-advance.ts';

export function clockCommand(): Command {
  return new Command('clock')
    .description('move the clock of a running KMS engine')
    .addCommand(clockAdvanceCommand());
}
