/** `portcullis domain init`: the keys that everything of the engine hangs on, made, or brought back from shares. */
import { Command } from 'commander';
import { HsmFault } from '../domain/hsm-fault.ts';
import type { DomainRecord } from '../domain/ports/record-store.ts';
import { RandomPool } from '../hsm/aead/random-pool.ts';
import { type DomainKeysWork, makeGeneration, planFirst, planRestored } from '../hsm/vault/domain-keys.ts';
import { combineShares } from '../hsm/vault/domain-shares.ts';
import { CliFault } from './cli-fault.ts';
import { domainText, warnOfOneCopy, withDomain } from './domain-access.ts';
import { readShare, shareCount } from './share-files.ts';
import { makeSharedGeneration } from './shared-generation.ts';

interface DomainInitOptions {
  readonly config: string;
  readonly shares?: string;
  readonly out: string;
  readonly fromShares?: readonly string[];
  readonly json: boolean;
}

export function domainInitCommand(): Command {
  return new Command('init')
    .description("make the engine's domain: three keys on its token that protect every key of the engine")
    .requiredOption('-c, --config <file>', 'configuration with a kms section that names the token')
    .option('-s, --shares <M-of-N>', 'make the keys from a secret that any M of N files give back')
    .option('-o, --out <directory>', 'where the files go', '.')
    .option('--from-shares <file...>', 'bring the keys of one generation back onto the token')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: DomainInitOptions) => runDomainInit(options));
}

async function runDomainInit(options: DomainInitOptions): Promise<void> {
  if (options.shares !== undefined && options.fromShares !== undefined) {
    throw new CliFault('usage', '--shares makes new keys and --from-shares brings old ones back: choose one');
  }
  const { record, files } = await withDomain(options.config, (work) => initialised(work, options));
  const text = files.length === 0 ? '' : `shares:\n${files.map((file) => `  ${file}\n`).join('')}`;
  process.stdout.write(
    options.json ? `${JSON.stringify({ domain: record, files }, null, 2)}\n` : domainText(record) + text,
  );
  warnOfOneCopy(record);
}

async function initialised(
  work: DomainKeysWork,
  { shares, out, fromShares }: DomainInitOptions,
): Promise<{ readonly record: DomainRecord; readonly files: readonly string[] }> {
  if (fromShares !== undefined) return { record: await restored(work, fromShares), files: [] };
  const count = shares === undefined ? undefined : shareCount(shares);
  const plan = await planFirst(work.store, new RandomPool()).catch(explained);
  if (count !== undefined) return await makeSharedGeneration(work, plan, { count, directory: out });
  return { record: await makeGeneration(work, plan, 'token'), files: [] };
}

async function restored(work: DomainKeysWork, files: readonly string[]): Promise<DomainRecord> {
  const combined = await combineShares(files.map(readShare));
  try {
    return await makeGeneration(work, await planRestored(work.store, combined), combined);
  } finally {
    combined.secret.fill(0);
  }
}

function explained(error: unknown): never {
  if (!(error instanceof HsmFault) || error.code !== 'ambiguous') throw error;
  throw new CliFault('refused', `${error.detail}; domain rotate makes its next generation`, { cause: error });
}

const EXAMPLE = `
  portcullis domain init --config portcullis.yaml
  portcullis domain init --config portcullis.yaml --shares 2-of-3 --out /media/custodian
  portcullis domain init --config portcullis.yaml --from-shares share-1.json share-3.json

Without --shares the token makes the keys and has the only copy. With --shares they follow from a random secret
that this process forgets once it is on the token and in the files: give each file to another custodian, and
remove it here. Fewer than M of them give nothing.

After the loss of a token: restore the store, give the configuration the new token, and run --from-shares once
for each generation that the store names. Stop the engine first: its store belongs to one process.

Exit code: 0 made, 1 refused (there is a domain already, the token or store is away), 2 wrong usage.`;
