/** `portcullis kms`: a running KMS engine. */
import { Command } from 'commander';
import { kmsKeyCommand } from './kms-key.ts';
import { kmsResetCommand } from './kms-reset.ts';

export function kmsCommand(): Command {
  return new Command('kms')
    .description('manage a running KMS engine')
    .addCommand(kmsKeyCommand())
    .addCommand(kmsResetCommand());
}
