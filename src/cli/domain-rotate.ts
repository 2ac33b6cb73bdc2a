/** `portcullis domain rotate`: the next generation of a domain's keys, made by the token. */
import { Command } from 'commander';
import { makeGeneration, planNext } from '../hsm/vault/domain-keys.ts';
import { domainText, needsDomain, warnOfOneCopy, withDomain } from './domain-access.ts';

interface DomainRotateOptions {
  readonly config: string;
  readonly json: boolean;
}

export function domainRotateCommand(): Command {
  return new Command('rotate')
    .description("make the next generation of the domain's keys, made by the token")
    .requiredOption('-c, --config <file>', 'configuration with a kms section that names the token')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: DomainRotateOptions) => runDomainRotate(options));
}

async function runDomainRotate({ config, json }: DomainRotateOptions): Promise<void> {
  const record = await withDomain(config, async (work) => {
    const plan = await planNext(work.store).catch(needsDomain);
    return await makeGeneration(work, plan, 'token');
  });
  process.stdout.write(json ? `${JSON.stringify({ domain: record }, null, 2)}\n` : domainText(record));
  warnOfOneCopy(record);
}

const EXAMPLE = `
  portcullis domain rotate --config portcullis.yaml

New keys are wrapped under the new generation from the engine's next start on; it then wraps the stored ones
again, in the background, beside its callers. No ciphertext changes. Keep the older generation on the token for
as long as backups exist that name it: once it is destroyed, deletions that were made before are final.
Stop the engine first: its store belongs to one process.

Exit code: 0 made, 1 refused (there is no domain yet, the token or store is away), 2 wrong usage.`;
