/** `portcullis kms key`: what a running engine knows of a key, and where that key works. */
import { Command } from 'commander';
import type { KeyView, WorkSite } from '../domain/key/key-view.ts';
import { controlPost } from '../edge/control/control-client.ts';
import { type ControlOptions, controlOptions, controlSocket } from './control-socket.ts';
import { textTable } from './text-table.ts';

export function kmsKeyCommand(): Command {
  const command = new Command('key')
    .description('show a key of the running KMS engine, and where it works')
    .argument('<key>', 'its id, or its ARN')
    .option('--json', 'print the answer as JSON', false)
    .addHelpText('after', EXAMPLE)
    .action((key: string, options: ControlOptions & { json: boolean }) => runKey(key, options));
  for (const option of controlOptions()) command.addOption(option);
  return command;
}

async function runKey(key: string, options: ControlOptions & { readonly json: boolean }): Promise<void> {
  const body = JSON.stringify({ key });
  const answer = (await controlPost(controlSocket(options), '/kms/key', { body })) as KeyAnswer;
  const { problems, keys = [] } = answer;
  const text = problems.length > 0 ? problems.map((problem) => `${problem}\n`) : keys.map(keyText);
  process.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : text.join('\n'));
  if (problems.length > 0) process.exitCode = 1;
}

/** The page comes from a process of the same version. */
interface KeyAnswer {
  readonly problems: readonly string[];
  readonly keys?: readonly KeyView[];
}

/** For people. */
function keyText({ keyId, arn, spec, usage, state, origin, materials, algorithms }: KeyView): string {
  const facts = Object.entries({ id: keyId, ARN: arn, spec, usage, state, origin });
  return [
    facts.map(([name, value]) => `${name.padEnd(8)}${value}\n`).join(''),
    textTable(
      ['MATERIAL', 'WRAPPED UNDER', ''],
      materials.map(({ materialId, generation, current }) => [
        materialId,
        generation === undefined ? 'nothing that can be read: it is damaged' : `generation ${generation}`,
        current ? 'current' : '',
      ]),
    ),
    textTable(
      ['ALGORITHM', 'WORKS IN', 'PUBLIC HALF IN'],
      algorithms.map(({ algorithm, worksIn, publicHalfIn }) => [
        algorithm,
        SITES[worksIn],
        publicHalfIn === undefined ? '-' : SITES[publicHalfIn],
      ]),
    ),
  ].join('\n');
}

const SITES = {
  token: 'the token',
  host: "the token's host process",
  engine: "the engine's process",
} as const satisfies Record<WorkSite, string>;

const EXAMPLE = `
What no token has (Ed25519, ML-DSA and ML-KEM) works in the process that talks to the token, from a seed
that is unsealed for each use. Material is never shown.

  portcullis kms key 1234abcd-12ab-34cd-56ef-1234567890ab --config var/portcullis.yaml

Exit code: 0 shown, 1 not there or not running, 2 wrong usage.`;
