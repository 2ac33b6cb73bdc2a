/** `portcullis kms reset`: a running engine as it was at its first start. */
import { Command } from 'commander';
import { controlPost } from '../edge/control/control-client.ts';
import { type ControlOptions, controlOptions, controlSocket } from './control-socket.ts';

export function kmsResetCommand(): Command {
  const command = new Command('reset')
    .description('remove every key, alias and policy of the running KMS engine, then make those of its seed')
    .option('--json', 'print the answer as JSON', false)
    .addHelpText('after', EXAMPLE)
    .action((options: ControlOptions & { json: boolean }) => runReset(options));
  for (const option of controlOptions()) command.addOption(option);
  return command;
}

async function runReset(options: ControlOptions & { readonly json: boolean }): Promise<void> {
  const answer = await controlPost(controlSocket(options), '/kms/reset', { timeoutMs: PATIENCE_MS });
  const { problems } = answer as { readonly problems: readonly string[] };
  const text =
    problems.length === 0
      ? 'the engine has the keys of its seed, and no others\n'
      : `not reset as it should be:\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
  process.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : text);
  if (problems.length > 0) process.exitCode = 1;
}

/** There may be many keys. */
const PATIENCE_MS = 120_000;
const EXAMPLE = `
For tests and labs: what the removed keys encrypted can never be decrypted again. So the engine has to allow it, with
kms.dangerAllowClockControl in its configuration. Its clock stays where it is.

  portcullis kms reset --config var/portcullis.yaml

Exit code: 0 reset, 1 refused or not running, 2 wrong usage.`;
