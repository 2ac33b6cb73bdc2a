#!/usr/bin/env node
/** The `portcullis` command: one file per subcommand, registered here. */
import { Command } from 'commander';
import { configCommand } from './config.ts';
import { demoCommand } from './demo.ts';
import { describeFailure } from './describe-failure.ts';
import { proxyCommand } from './proxy.ts';
import { versionCommand } from './version.ts';

const program = new Command('portcullis')
  .description('External key store proxy for AWS KMS over PKCS#11 hardware security modules')
  .showHelpAfterError()
  .addCommand(proxyCommand())
  .addCommand(demoCommand())
  .addCommand(configCommand())
  .addCommand(versionCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`portcullis: ${describeFailure(error)}\n`);
  process.exitCode = 1;
}
