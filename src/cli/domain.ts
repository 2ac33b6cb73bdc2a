/** `portcullis domain …`: the keys on a token that protect every key of the engine. */
import { Command } from 'commander';
import { domainDestroyCommand } from './domain-destroy.ts';
import { domainExportSharesCommand } from './domain-export-shares.ts';
import { domainInitCommand } from './domain-init.ts';
import { domainRotateCommand } from './domain-rotate.ts';

export function domainCommand(): Command {
  return new Command('domain')
    .description("make, renew, keep copies of and destroy the keys that protect the engine's keys")
    .addCommand(domainInitCommand())
    .addCommand(domainRotateCommand())
    .addCommand(domainExportSharesCommand())
    .addCommand(domainDestroyCommand());
}
