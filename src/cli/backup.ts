/** `portcullis backup`: a copy of the store, of a running engine too. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { VERSION } from '../domain/version.ts';
import { backUpStore } from '../store/sqlite/back-up-store.ts';
import { manifestFileOf } from '../store/sqlite/backup-manifest.ts';
import { contentText, generationOfToken, type StoreOptions, storeFile, storeOptions } from './store-file.ts';

interface BackupOptions extends StoreOptions {
  readonly to: string;
  readonly json: boolean;
}

export function backupCommand(): Command {
  const command = new Command('backup')
    .description('copy the store of the KMS engine, running or not, with a manifest')
    .requiredOption('--to <file>', 'file to make; its manifest gets .json added')
    .option('--json', 'print the manifest', false)
    .addHelpText('after', EXAMPLE)
    .action((options: BackupOptions) => runBackup(options));
  for (const option of storeOptions()) command.addOption(option);
  return command;
}

async function runBackup(options: BackupOptions): Promise<void> {
  const to = resolve(options.to);
  const manifest = await backUpStore({
    file: storeFile(options),
    to,
    generationOf: generationOfToken,
    atMs: Date.now(),
    portcullis: VERSION,
  });
  const text = `backup       ${to}, ${manifest.bytes} bytes\nmanifest     ${manifestFileOf(to)}\n${contentText(manifest)}`;
  process.stdout.write(options.json ? `${JSON.stringify(manifest, null, 2)}\n` : text);
}

const EXAMPLE = `
The copy has every record as of one moment, and the engine goes on meanwhile. Key material in it is wrapped by
keys of the token, of the generations that the manifest lists: keep those as long as the backup (docs/store.md).
The last use of keys in the last seconds may be missing.

  portcullis backup --config portcullis.yaml --to backups/monday
  portcullis backup --store kms.db --to backups/monday --json | jq .generations

Exit code: 0 done, 1 no store, no room or a file that is there already, 2 wrong usage.`;
