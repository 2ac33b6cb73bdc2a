/** `portcullis token …`. */
import { Command } from 'commander';
import { tokenInfoCommand } from './token-info.ts';
import { tokenInitCommand } from './token-init.ts';

export function tokenCommand(): Command {
  return new Command('token')
    .description('look at a token, or initialise a blank one')
    .addCommand(tokenInfoCommand())
    .addCommand(tokenInitCommand());
}
