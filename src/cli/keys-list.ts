/** `portcullis keys list`: every secret key that the proxy's login sees on a token. */
import { Command } from 'commander';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import { keyTable } from './key-text.ts';
import { configuredToken, withConfiguredToken } from './token-access.ts';

interface KeysListOptions {
  readonly config: string;
  readonly token?: string;
  readonly json: boolean;
}

export function keysListCommand(): Command {
  return new Command('list')
    .description('list the secret keys of a token')
    .requiredOption('-c, --config <file>', 'configuration that names the token')
    .option('-t, --token <name>', 'its name there; may be left out when there is one')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: KeysListOptions) => runKeysList(options));
}

async function runKeysList({ config, token, json }: KeysListOptions): Promise<void> {
  const keys = await withConfiguredToken(configuredToken(config, token), ({ admin }) => admin.listKeys());
  keys.sort((a, b) => order(a).localeCompare(order(b), 'en'));
  process.stdout.write(json ? `${JSON.stringify(keys, null, 2)}\n` : keyTable(keys));
}

function order({ label, idHex }: KeyDescription): string {
  return `${label}\0${idHex}`;
}

const EXAMPLE = `
  portcullis keys list --config portcullis.yaml --token soft
  portcullis keys list --config portcullis.yaml --json | jq '.[] | select(.extractable)'

Exit code: 0 listed, 1 the token could not be asked, 2 wrong usage.`;
