/** `portcullis restore`: makes a store from a backup, while no engine runs on it. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { restoreStore } from '../store/sqlite/restore-store.ts';
import { contentText, generationOfToken, type StoreOptions, storeFile, storeOptions } from './store-file.ts';

interface RestoreOptions extends StoreOptions {
  readonly from: string;
  readonly dangerReplace: boolean;
  readonly json: boolean;
}

export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('make the store of the KMS engine from a backup, after checking that')
    .requiredOption('--from <file>', 'the backup; its manifest has .json added')
    .option('--danger-replace', 'put it in the place of a store that is there, whose keys are lost', false)
    .option('--json', "print the backup's manifest", false)
    .addHelpText('after', EXAMPLE)
    .action((options: RestoreOptions) => runRestore(options));
  for (const option of storeOptions()) command.addOption(option);
  return command;
}

async function runRestore(options: RestoreOptions): Promise<void> {
  const file = storeFile(options);
  const manifest = await restoreStore({
    from: resolve(options.from),
    file,
    replace: options.dangerReplace,
    generationOf: generationOfToken,
  });
  const text = `restored     ${file}, as of ${manifest.createdAt}\n${contentText(manifest)}`;
  process.stdout.write(options.json ? `${JSON.stringify(manifest, null, 2)}\n` : text);
}

const EXAMPLE = `
Checks the backup against its manifest and its own structure first, and touches nothing when that fails. What
happened after the backup is undone: newer keys are lost, deleted ones are back (docs/store.md). Stop the engine
before; the token must hold the generations of the domain's keys that are listed.

  portcullis restore --config portcullis.yaml --from backups/monday

Exit code: 0 done, 1 damaged backup, store in use, or a store that is there already, 2 wrong usage.`;
