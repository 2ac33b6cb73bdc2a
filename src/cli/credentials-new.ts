/** `portcullis credentials new`: an access key id and a secret access key, ready to paste into a configuration. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Entropy } from '../domain/ports/entropy.ts';
import { randomAccessKeyId, randomSecretAccessKey } from './demo-config.ts';
import { writePrivateFile } from './private-file.ts';

export function credentialsNewCommand(): Command {
  return new Command('new')
    .description('make a credential: an access key id and a secret access key of 384 random bits')
    .option(
      '-o, --out <file>',
      'write it to a new file of mode 0600, and only the access key id to the terminal',
    )
    .addHelpText('after', EXAMPLE)
    .action(({ out }: { out?: string }) => runCredentialsNew(out));
}

/** @req X-65 */
function runCredentialsNew(out: string | undefined): void {
  const accessKeyId = randomAccessKeyId(ENTROPY);
  const yaml = [
    `- accessKeyId: ${accessKeyId}`,
    `  secretAccessKey: ${randomSecretAccessKey(ENTROPY)}`,
    `  createdAt: ${new Date().toISOString().slice(0, 10)}`,
    '',
  ].join('\n');
  if (out === undefined) {
    process.stdout.write(yaml);
    return;
  }
  writePrivateFile(out, yaml);
  process.stdout.write(`${accessKeyId} is in ${resolve(out)}\n`);
}

const ENTROPY: Entropy = { randomBytes: (length) => randomBytes(length) };
const EXAMPLE = `
Without --out the secret goes to standard output: mind the terminal's scroll-back and your shell's pipes.
Put the entry below keyStores[].credentials, beside the old one; reload; tell AWS KMS (xks-config makes
its file); and remove the old one once nothing is signed with it any more.

  portcullis credentials new --out new-credential.yaml

Exit code: 0 made, 1 the file is there already or cannot be made, 2 wrong usage.`;
