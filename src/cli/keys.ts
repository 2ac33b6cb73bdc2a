/** `portcullis keys …`: the keys of a configured token. */
import { Command } from 'commander';
import { keysCreateCommand } from './keys-create.ts';
import { keysListCommand } from './keys-list.ts';
import { keysRotateCommand } from './keys-rotate.ts';
import { keysShowCommand } from './keys-show.ts';

export function keysCommand(): Command {
  return new Command('keys')
    .description('list, create, judge and rotate the keys of a configured token')
    .addCommand(keysListCommand())
    .addCommand(keysCreateCommand())
    .addCommand(keysShowCommand())
    .addCommand(keysRotateCommand());
}
