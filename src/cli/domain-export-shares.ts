/** `portcullis domain export-shares`: the next generation of a domain's keys, from a secret that shares give back. */
import { Command } from 'commander';
import { planNext } from '../hsm/vault/domain-keys.ts';
import { domainText, needsDomain, withDomain } from './domain-access.ts';
import { shareCount } from './share-files.ts';
import { makeSharedGeneration } from './shared-generation.ts';

interface ExportSharesOptions {
  readonly config: string;
  readonly shares: string;
  readonly out: string;
  readonly json: boolean;
}

export function domainExportSharesCommand(): Command {
  return new Command('export-shares')
    .description("have shares of the domain's keys, which takes a new generation of them")
    .requiredOption('-c, --config <file>', 'configuration with a kms section that names the token')
    .requiredOption('-s, --shares <M-of-N>', 'any M of N files give the keys back')
    .option('-o, --out <directory>', 'where the files go', '.')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: ExportSharesOptions) => runExportShares(options));
}

async function runExportShares({ config, shares, out, json }: ExportSharesOptions): Promise<void> {
  const count = shareCount(shares);
  const { record, files } = await withDomain(config, async (work) => {
    const plan = await planNext(work.store).catch(needsDomain);
    return await makeSharedGeneration(work, plan, { count, directory: out });
  });
  const text = `shares:\n${files.map((file) => `  ${file}\n`).join('')}`;
  process.stdout.write(
    json ? `${JSON.stringify({ domain: record, files }, null, 2)}\n` : domainText(record) + text,
  );
}

const EXAMPLE = `
  portcullis domain export-shares --config portcullis.yaml --shares 3-of-5 --out /media/custodian

No key can be taken out of a token. So this makes a new generation, as domain rotate does, from a random secret
that is on the token and in the files afterwards, and nowhere else. The shares give back what is wrapped under
this generation: wait until the engine has wrapped all keys again before you rely on them. What older backups
of the store hold needs the generation that they name.

Exit code: 0 made, 1 refused (there is no domain yet, a file is there already, the token or store is away),
2 wrong usage.`;
