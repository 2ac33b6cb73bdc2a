/**
 * `portcullis xks-config`: the file that the AWS KMS console takes when an external key store is created or
 * its credential changed (XKS Proxy API specification, "Other considerations").
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import type { KeyStore, StoreCredential } from '../domain/xks/key-store.ts';
import { CliFault } from './cli-fault.ts';
import { writePrivateFile } from './private-file.ts';

interface XksConfigOptions {
  readonly config: string;
  readonly prefix?: string;
  readonly accessKeyId?: string;
  readonly out?: string;
  readonly printSecret: boolean;
}

export function xksConfigCommand(): Command {
  return new Command('xks-config')
    .description('make the file with path and credential that the AWS KMS console takes')
    .requiredOption('-c, --config <file>', 'configuration file')
    .option('-p, --prefix <path>', 'path prefix of the key store; may be left out when there is one')
    .option('-k, --access-key-id <id>', 'which credential; may be left out when there is one')
    .option('-o, --out <file>', 'write to a new file of mode 0600')
    .option('--print-secret', 'write to standard output, with the secret in it', false)
    .addHelpText('after', EXAMPLE)
    .action((options: XksConfigOptions) => runXksConfig(options));
}

/** Whoever may read the configuration's secrets is the authorized person. @req X-72 */
function runXksConfig(options: XksConfigOptions): void {
  if ((options.out === undefined) !== options.printSecret) {
    throw new CliFault('usage', 'say where the secret goes: --out <file> or --print-secret');
  }
  const store = chosenStore(loadConfig(options.config), options.prefix);
  const text = consoleFile(store, chosenCredential(store, options.accessKeyId));
  if (options.out === undefined) {
    process.stdout.write(text);
    return;
  }
  writePrivateFile(options.out, text);
  process.stdout.write(`${resolve(options.out)} is for the AWS KMS console; remove it once it was taken\n`);
}

function consoleFile({ pathPrefix }: KeyStore, credential: StoreCredential): string {
  const content = {
    XksProxyUriPath: `${pathPrefix}/kms/xks/v1`,
    XksProxyAuthenticationCredential: {
      AccessKeyId: credential.accessKeyId,
      RawSecretAccessKey: credential.secretAccessKey.reveal(),
    },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function chosenStore({ file, keyStores }: PortcullisConfig, prefix: string | undefined): KeyStore {
  const candidates = keyStores.filter(({ pathPrefix }) => prefix === undefined || pathPrefix === prefix);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  const known = keyStores.map(({ pathPrefix }) => `'${pathPrefix}'`).join(', ');
  const trouble = only === undefined ? `no key store with prefix '${prefix}'` : 'several key stores';
  throw new CliFault('usage', `${file} has ${trouble}; name one with --prefix: ${known}`);
}

/** Messages leave access key ids out that were not asked for: they are half of a credential. */
function chosenCredential({ pathPrefix, credentials }: KeyStore, id: string | undefined): StoreCredential {
  const candidates = credentials.filter(({ accessKeyId }) => id === undefined || accessKeyId === id);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw new CliFault(
    'usage',
    only === undefined
      ? `the key store '${pathPrefix}' has no credential with that access key id; config check --json lists them`
      : `the key store '${pathPrefix}' has ${credentials.length} credentials; name one with --access-key-id`,
  );
}

const EXAMPLE = `
In the console, choose "Upload proxy configuration file" when you create the external key store or edit
its authentication credential.

  portcullis xks-config -c portcullis.yaml -p /example/prefix -k AKIDEXAMPLE234567ABC -o console.json

Exit code: 0 made, 1 the configuration is refused or the file is there already, 2 wrong usage.`;
