#!/usr/bin/env node
/** The `portcullis` command: one file per subcommand, registered here. */
import { Command, CommanderError } from 'commander';
import { backupCommand } from './backup.ts';
import { CliFault } from './cli-fault.ts';
import { clockCommand } from './clock.ts';
import { configCommand } from './config.ts';
import { credentialsCommand } from './credentials.ts';
import { demoCommand } from './demo.ts';
import { describeFailure } from './describe-failure.ts';
import { doctorCommand } from './doctor.ts';
import { domainCommand } from './domain.ts';
import { keysCommand } from './keys.ts';
import { kmsCommand } from './kms.ts';
import { proxyCommand } from './proxy.ts';
import { reloadCommand } from './reload.ts';
import { restoreCommand } from './restore.ts';
import { statusCommand } from './status.ts';
import { tokenCommand } from './token.ts';
import { versionCommand } from './version.ts';
import { xksConfigCommand } from './xks-config.ts';

const program = new Command('portcullis')
  .description('External key store proxy for AWS KMS, and KMS engine, over PKCS#11 hardware security modules')
  .addCommand(proxyCommand())
  .addCommand(demoCommand())
  .addCommand(configCommand())
  .addCommand(doctorCommand())
  .addCommand(reloadCommand())
  .addCommand(statusCommand())
  .addCommand(clockCommand())
  .addCommand(kmsCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(tokenCommand())
  .addCommand(keysCommand())
  .addCommand(domainCommand())
  .addCommand(credentialsCommand())
  .addCommand(xksConfigCommand())
  .addCommand(versionCommand())
  .addHelpText('after', '\nExit codes: 0 done, 1 refused or unhealthy, 2 wrong usage.');

try {
  await strict(program).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) process.stderr.write(`portcullis: ${describeFailure(error)}\n`);
}

/** Usage errors come back here, from every level, after the help of the command that was meant. */
function strict(command: Command): Command {
  for (const each of command.commands) strict(each);
  return command.exitOverride().showHelpAfterError();
}

/** Help that was asked for is no error; help in place of a missing command is. */
function exitCodeOf(error: unknown): 0 | 1 | 2 {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof CliFault && error.code === 'usage' ? 2 : 1;
}
