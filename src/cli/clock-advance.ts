/** `portcullis clock advance`: lets days pass for the keys of a running engine. */
import { Command, InvalidArgumentError } from 'commander';
import { controlPost } from '../edge/control/control-client.ts';
import type { ClockOutcome } from '../edge/control/control-endpoint.ts';
import { type ControlOptions, controlOptions, controlSocket } from './control-socket.ts';
import { durationMs } from './iso-duration.ts';

export function clockAdvanceCommand(): Command {
  const command = new Command('advance')
    .description('move the clock of the running KMS engine ahead, and do what is due by then')
    .argument('<duration>', 'ISO 8601 duration, such as P90D or PT12H30M', parseDuration)
    .option('--json', 'print the answer as JSON', false)
    .addHelpText('after', EXAMPLE)
    .action((ms: number, options: ControlOptions & { json: boolean }) => runAdvance(ms, options));
  for (const option of controlOptions()) command.addOption(option);
  return command;
}

async function runAdvance(ms: number, options: ControlOptions & { readonly json: boolean }): Promise<void> {
  const answer = await controlPost(controlSocket(options), '/clock/advance', {
    body: JSON.stringify({ ms }),
    timeoutMs: PATIENCE_MS,
  });
  const { now, problems } = answer as ClockOutcome;
  const text =
    problems.length === 0
      ? `the engine takes ${now} for now\n`
      : `not moved:\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
  process.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : text);
  if (problems.length > 0) process.exitCode = 1;
}

function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms === 0)
    throw new InvalidArgumentError('It must be an ISO 8601 duration above zero, such as P90D or PT12H30M.');
  return ms;
}

/** Many keys may be due at once. */
const PATIENCE_MS = 120_000;
const EXAMPLE = `
Deletions and rotations that fall due on the way are done before this returns: a key whose waiting period
ends is destroyed, with everything that it encrypted. So the engine has to allow it, with
kms.dangerAllowClockControl in its configuration. A clock goes ahead and never back.

  portcullis clock advance P30D --config var/portcullis.yaml

Exit code: 0 moved, 1 refused or not running, 2 wrong usage.`;
