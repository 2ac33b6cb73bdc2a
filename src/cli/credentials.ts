/** `portcullis credentials …`. */
import { Command } from 'commander';
import { credentialsNewCommand } from './credentials-new.ts';

export function credentialsCommand(): Command {
  return new Command('credentials')
    .description('work with the credentials that AWS KMS signs with')
    .addCommand(credentialsNewCommand());
}
