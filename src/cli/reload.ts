/** `portcullis reload`: has a running process read its configuration again, and says what came of it. */
import { Command } from 'commander';
import { controlPost } from '../edge/control/control-client.ts';
import type { ReloadOutcome } from '../edge/control/control-endpoint.ts';
import { type ControlOptions, controlOptions, controlSocket } from './control-socket.ts';

export function reloadCommand(): Command {
  const command = new Command('reload')
    .description('have the running proxy read its configuration again, as SIGHUP does')
    .option('--json', 'print the answer as JSON', false)
    .addHelpText('after', EXAMPLE)
    .action((options: ControlOptions & { json: boolean }) => runReload(options));
  for (const option of controlOptions()) command.addOption(option);
  return command;
}

async function runReload(options: ControlOptions & { readonly json: boolean }): Promise<void> {
  const outcome = (await controlPost(controlSocket(options), '/reload')) as ReloadOutcome;
  process.stdout.write(options.json ? `${JSON.stringify(outcome, null, 2)}\n` : outcomeText(outcome));
  if (outcome.problems.length > 0) process.exitCode = 1;
}

function outcomeText({ generation, problems }: ReloadOutcome): string {
  if (problems.length === 0) return `reloaded: generation ${generation} is in force\n`;
  return [
    `not reloaded: generation ${generation} stays in force`,
    ...problems.map((problem) => `  ${problem}`),
    '',
  ].join('\n');
}

const EXAMPLE = `
Key stores, credentials, keys, policies and TLS files take force without closing a connection. A file
with problems changes nothing: all of them are printed, and what was in force stays so.

  portcullis reload --config /etc/portcullis/portcullis.yaml

Exit code: 0 in force, 1 refused or not running, 2 wrong usage.`;
