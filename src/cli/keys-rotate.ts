/** `portcullis keys rotate`: takes a key to another generation, one safe step at a time, in the configuration file. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ConfigFault, problemText } from '../config/config-fault.ts';
import { addGeneration, type EntryEdit, removeGeneration, setCurrent } from '../config/edit-key-entry.ts';
import { pathText } from '../config/findings.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { replaceConfigFile } from '../config/replace-config-file.ts';
import { generationsOf } from '../domain/xks/key-generations.ts';
import type { MappedKey } from '../domain/xks/key-store.ts';
import { CliFault } from './cli-fault.ts';
import { examineNewKey, newGeneration } from './new-generation.ts';
import { requireAllDecrypt, requireNoneEncrypts } from './rotation-proxies.ts';

export interface RotateOptions {
  readonly config: string;
  readonly prefix: string;
  readonly key: string;
  readonly to?: string;
  readonly switch: boolean;
  readonly retire?: string;
  readonly generation?: string;
  readonly control: readonly string[];
  readonly allProxiesReloaded: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function keysRotateCommand(): Command {
  return new Command('rotate')
    .description(
      'take a key to another generation: distribute it, then switch to it, later retire the old one',
    )
    .requiredOption('-c, --config <file>', 'configuration file, which is changed')
    .requiredOption('-p, --prefix <path>', "path prefix of the key store; '' for none")
    .requiredOption('-k, --key <id>', 'external key id')
    .option('--to <fields>', 'distribute: token=…,label=…,id=…,scheme=… of the new key object')
    .option('--switch', 'encrypt with the newest generation, or that of --generation', false)
    .option('--retire <number>', 'remove an older generation; what it encrypted becomes unreadable')
    .option('--generation <number>', 'number of the generation; the next or newest one when left out')
    .option('--control <socket>', 'control socket of a running proxy to ask; may be repeated', collect, [])
    .option('--all-proxies-reloaded', 'your word that every proxy has the file of the step before', false)
    .option('--yes', 'do retire', false)
    .option('--dry-run', 'show what would change, and change nothing', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: RotateOptions) => runKeysRotate(options));
}

/** What a step does to the file. */
interface Step {
  readonly edit: EntryEdit;
  readonly generation: number;
  /** A clause on the generation, and what to do now. */
  readonly done: string;
  readonly next: string;
}

/** The key that is rotated, and where it is. */
export interface RotatedKey {
  readonly config: PortcullisConfig;
  readonly store: number;
  readonly mapped: MappedKey;
}

async function runKeysRotate(options: RotateOptions): Promise<void> {
  const config = loadConfig(options.config);
  const before = readFileSync(config.file, 'utf8');
  const rotated = rotatedKey(config, options);
  const { edit, generation, done, next } = await stepOf(before, rotated, options);
  try {
    replaceConfigFile(config.file, { before, after: edit.text, dryRun: options.dryRun });
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const problems = error.problems.map((each) => `  ${problemText(options.config, each)}`);
    throw new CliFault(
      'refused',
      `nothing was written, since the changed file would not be usable:\n${problems.join('\n')}`,
    );
  }
  const place = pathText(['keyStores', rotated.store, 'keys', options.key]);
  const written = !options.dryRun;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ written, file: config.file, place, generation, before: edit.before, after: edit.after }, null, 2)}\n`
      : `${prefixed('- ', edit.before)}${prefixed('+ ', edit.after)}${place}: generation ${generation} ${done}\n${written ? next : 'nothing was written (--dry-run)'}\n`,
  );
}

function rotatedKey(config: PortcullisConfig, { prefix, key }: RotateOptions): RotatedKey {
  const store = config.keyStores.findIndex(({ pathPrefix }) => pathPrefix === prefix);
  const mapped = config.keyStores[store]?.keys.get(key);
  if (mapped !== undefined) return { config, store, mapped };
  const known = config.keyStores.map(
    ({ pathPrefix, keys }) => `'${pathPrefix}' has ${[...keys.keys()].join(', ')}`,
  );
  throw new CliFault('usage', `${config.file} has no key '${key}' behind '${prefix}'; ${known.join('; ')}`);
}

function stepOf(before: string, rotated: RotatedKey, options: RotateOptions): Promise<Step> {
  const chosen = [options.to !== undefined, options.switch, options.retire !== undefined].filter(Boolean);
  if (chosen.length !== 1) throw new CliFault('usage', 'name one step: --to, --switch or --retire');
  if (options.to !== undefined) return distribute(before, rotated, options.to, options);
  return options.switch ? switchOver(before, rotated, options) : retire(before, rotated, options);
}

/** @req X-38 */
async function distribute(
  before: string,
  { config, store, mapped }: RotatedKey,
  to: string,
  options: RotateOptions,
): Promise<Step> {
  const numbers = generationsOf(mapped).map(({ generation }) => generation);
  const number = numberOf('--generation', options.generation) ?? Math.max(...numbers) + 1;
  if (numbers.includes(number)) {
    throw new CliFault('refused', `generation ${number} is there already; leave --generation out`);
  }
  const wanted = newGeneration(to, number, config);
  const added = await examineNewKey({ config, mapped, wanted });
  return {
    edit: addGeneration(before, { store, externalKeyId: mapped.externalKeyId }, added),
    generation: number,
    done: `decrypts; generation ${mapped.generation} still encrypts`,
    next: 'Now have every proxy take up the file (portcullis reload), and then run keys rotate --switch.',
  };
}

/** @req X-38 */
async function switchOver(before: string, rotated: RotatedKey, options: RotateOptions): Promise<Step> {
  const { mapped, store } = rotated;
  const generations = generationsOf(mapped);
  const number =
    numberOf('--generation', options.generation) ?? Math.max(...generations.map((each) => each.generation));
  const target = generations.find(({ generation }) => generation === number);
  if (target === undefined)
    throw new CliFault('refused', `the key has no generation ${number}; begin with --to`);
  if (target === mapped) {
    throw new CliFault(
      'refused',
      `generation ${number} encrypts already; begin with --to to have a newer one`,
    );
  }
  await requireAllDecrypt(rotated, target, options);
  return {
    edit: setCurrent(before, { store, externalKeyId: mapped.externalKeyId }, number),
    generation: number,
    done: `encrypts; generation ${mapped.generation} still decrypts`,
    next: 'Now have every proxy take up the file (portcullis reload). Keep the older generation: its ciphertexts need it.',
  };
}

async function retire(before: string, rotated: RotatedKey, options: RotateOptions): Promise<Step> {
  const { mapped, store } = rotated;
  const number = numberOf('--retire', options.retire);
  const target = generationsOf(mapped).find(({ generation }) => generation === number);
  if (target === undefined) throw new CliFault('refused', `the key has no generation ${number}`);
  if (target === mapped) {
    throw new CliFault(
      'refused',
      `generation ${number} is current and encrypts; switch to another one first`,
    );
  }
  await requireNoneEncrypts(rotated, target, options);
  if (!options.yes && !options.dryRun) {
    throw new CliFault(
      'refused',
      `what generation ${number} of ${mapped.externalKeyId} encrypted would be unreadable; say --yes if nobody needs it any more (the log of the proxies tells in keyGeneration)`,
    );
  }
  return {
    edit: removeGeneration(before, { store, externalKeyId: mapped.externalKeyId }, target.generation),
    generation: target.generation,
    done: 'is retired: its ciphertexts are unreadable',
    next: 'It takes force with the next reload. The key object is still on its token: adding the generation again under its number undoes this.',
  };
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CliFault('usage', `${option} takes a whole number from 0 to 65535, not '${text}'`);
}

function prefixed(mark: string, text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${mark}${line}\n`)
    .join('');
}

function collect(socket: string, others: readonly string[]): readonly string[] {
  return [...others, socket];
}

const EXAMPLE = `
  portcullis keys rotate -c portcullis.yaml -p /orders -k main --to token=hard,label=main-2027,scheme=hmac
  portcullis reload -c portcullis.yaml      (every proxy)
  portcullis keys rotate -c portcullis.yaml -p /orders -k main --switch --control control.sock
  portcullis reload -c portcullis.yaml      (every proxy)

--to finds the key object, holds it against its scheme, encrypts and decrypts with it, and pins its check value.
--switch and --retire ask the proxies named by --control, which must be as many as proxy.fleetSize, or take your
word with --all-proxies-reloaded. Only the entry of the key changes in the file; everything else stays as it is.

Exit code: 0 done, 1 refused (nothing is written), 2 wrong usage.`;
