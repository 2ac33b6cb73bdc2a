/** `portcullis domain destroy`: ends an older generation of the domain's keys, so that deletions before are final. */
import { Command, InvalidArgumentError } from 'commander';
import { destroyGeneration, planDestruction } from '../hsm/vault/destroy-generation.ts';
import { CliFault } from './cli-fault.ts';
import { needsDomain, withDomain } from './domain-access.ts';

interface DomainDestroyOptions {
  readonly config: string;
  readonly backupsGone: boolean;
  readonly json: boolean;
}

export function domainDestroyCommand(): Command {
  return new Command('destroy')
    .description("destroy an older generation of the domain's keys on the token, for good")
    .argument('<generation>', 'its number', parseGeneration)
    .requiredOption('-c, --config <file>', 'configuration with a kms section that names the token')
    .option('--backups-gone', 'your word that no backup is kept that needs this generation', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((generation: number, options: DomainDestroyOptions) => runDomainDestroy(generation, options));
}

async function runDomainDestroy(
  number: number,
  { config, backupsGone, json }: DomainDestroyOptions,
): Promise<void> {
  const outcome = await withDomain(config, async (work) => {
    const doomed = await planDestruction(work.store, number).catch(needsDomain);
    if (!backupsGone) {
      throw new CliFault(
        'refused',
        `no key of the store needs generation ${number}, but backups may: those that name it (portcullis backup prints their generations) could not be used any more; say --backups-gone once the last of them is gone`,
      );
    }
    return { ...(await destroyGeneration(work, doomed)), generation: doomed.generation };
  });
  const { generation, destroyedKeys } = outcome;
  const text = `generation ${number} is destroyed: ${destroyedKeys} keys labelled ${generation.label} are gone from token ${generation.token}\n`;
  process.stdout.write(json ? `${JSON.stringify({ generation: number, destroyedKeys }, null, 2)}\n` : text);
  if (generation.copies !== 'none') process.stderr.write(SHARES_LEFT);
}

function parseGeneration(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be the number of a generation.');
  return Number(text);
}

const SHARES_LEFT =
  'warning: there are shares that give this generation back. Have their holders destroy them, or deletions are not final.\n';
const EXAMPLE = `
  portcullis domain destroy 1 --backups-gone --config portcullis.yaml

Keys that were deleted before can then be brought back from no backup. It is refused for the generation that
wraps, and while any key is wrapped with it: domain rotate makes the next, and the engine wraps its keys again.
What was encrypted stays readable, since that hangs on the keys and not on what wraps them. The token may keep
copies of its own, such as the backups that its maker provides for.
Stop the engine first: its store belongs to one process.

Exit code: 0 destroyed, 1 refused (the generation is needed, the token or store is away), 2 wrong usage.`;
