#!/usr/bin/env node
/** The `portcullis` command: one file per subcommand, registered here. */
import { Command, CommanderError } from 'commander';
import { CliFault } from './cli-fault.ts';
import { describeFailure } from './describe-failure.ts';

type LoadCommand = () => Promise<Command>;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  proxy: async () => (await import('./proxy.ts')).proxyCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  reload: async () => (await import('./reload.ts')).reloadCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  clock: async () => (await import('./clock.ts')).clockCommand(),
  kms: async () => (await import('./kms.ts')).kmsCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  token: async () => (await import('./token.ts')).tokenCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  domain: async () => (await import('./domain.ts')).domainCommand(),
  credentials: async () => (await import('./credentials.ts')).credentialsCommand(),
  'xks-config': async () => (await import('./xks-config.ts')).xksConfigCommand(),
  version: async () => (await import('./version.ts')).versionCommand(),
};

const program = new Command('portcullis')
  .description('External key store proxy for AWS KMS, and KMS engine, over PKCS#11 hardware security modules')
  .addHelpText('after', '\nExit codes: 0 done, 1 refused or unhealthy, 2 wrong usage.');
for (const load of wanted(process.argv[2])) program.addCommand(await load());

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

/** The command that is asked for, without the time that loading the others takes; all of them for help. */
function wanted(name: string | undefined): readonly LoadCommand[] {
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return load === undefined ? Object.values(COMMANDS) : [load];
}
