/** `portcullis keys show`: a key's attributes, and whether AWS KMS could use it through this configuration. */
import { Command } from 'commander';
import type { PortcullisConfig, TokenConfig } from '../config/portcullis-config.ts';
import type { KeySelector } from '../domain/hsm/key-selector.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import { admitKey } from '../domain/xks/key-admission.ts';
import { everyGeneration, keyPlace } from '../domain/xks/key-generations.ts';
import type { MappedKey } from '../domain/xks/key-store.ts';
import { fittingScheme } from '../domain/xks/scheme-fitness.ts';
import { keySelector, onlyKey, selects } from './key-choice.ts';
import { attestedText, keyText } from './key-text.ts';
import { configuredToken, withConfiguredToken } from './token-access.ts';

interface KeysShowOptions {
  readonly config: string;
  readonly token?: string;
  readonly label?: string;
  readonly id?: string;
  readonly json: boolean;
}

export function keysShowCommand(): Command {
  return new Command('show')
    .description('show one key, and whether it is fit to serve AWS KMS')
    .requiredOption('-c, --config <file>', 'configuration that names the token')
    .option('-t, --token <name>', 'its name there; may be left out when there is one')
    .option('-l, --label <label>', 'CKA_LABEL of the key')
    .option('-i, --id <hex>', 'CKA_ID of the key')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: KeysShowOptions) => runKeysShow(options));
}

async function runKeysShow(options: KeysShowOptions): Promise<void> {
  const selector = keySelector(options);
  const place = configuredToken(options.config, options.token);
  const key = await withConfiguredToken(place, async ({ admin }) =>
    onlyKey(await admin.listKeys(), selector),
  );
  const uses = usesOf(place, key);
  const reasons = unfitReasons(place.token, key, uses);
  const fit = reasons.length === 0;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...key, fit, reasons, mappedAs: uses.map(externalName) }, null, 2)}\n`
      : `${keyText(key)}${usesText(uses)}${fit ? 'fit for XKS' : `not fit for XKS:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`}\n`,
  );
  if (!fit) process.exitCode = 1;
}

interface KeyUse {
  readonly pathPrefix: string;
  readonly mapped: MappedKey;
}

/** The entries of the configuration behind which this object stands. */
function usesOf(
  { config, token }: { readonly config: PortcullisConfig; readonly token: TokenConfig },
  key: KeyDescription,
): KeyUse[] {
  return config.keyStores.flatMap((store) =>
    everyGeneration(store)
      .filter((mapped) => mapped.key.token === token.name && selects(mapped.key.selector, key))
      .map((mapped) => ({ pathPrefix: store.pathPrefix, mapped })),
  );
}

/** Judged as each entry wants it; a key that is in no entry, as an entry for the scheme that it fits would. */
function unfitReasons(token: TokenConfig, key: KeyDescription, uses: readonly KeyUse[]): string[] {
  const judged = uses.length === 0 ? [entryFor(token, key)] : uses.map(({ mapped }) => mapped);
  const reasons = judged.flatMap((mapped) => {
    const admission = admitKey(mapped, key);
    if (!admission.admitted) return [admission.reason];
    const missing = [...mapped.usages].filter((usage) => !admission.usages.includes(usage));
    return missing.map((usage) => `its attributes do not allow it to ${usage.toLowerCase()}`);
  });
  if (selects(token.healthKey, key)) {
    reasons.push('it is the health key of its token, and health checks need a key of their own');
  }
  return [...new Set(reasons)];
}

function entryFor(token: TokenConfig, key: KeyDescription): MappedKey {
  const { label, idHex } = key;
  const selector: KeySelector = { label, idHex };
  return {
    externalKeyId: label,
    key: { token: token.name, selector },
    scheme: fittingScheme(key) ?? token.profile.defaultScheme,
    status: 'ENABLED',
    usages: new Set(['ENCRYPT', 'DECRYPT']),
    generation: 0,
    allowExtractable: false,
    shared: false,
  };
}

function usesText(uses: readonly KeyUse[]): string {
  if (uses.length === 0) return 'no external key id of this configuration leads to it\n';
  return uses.map((use) => `serves ${externalName(use)}${attestedText(use.mapped)}\n`).join('');
}

function externalName({ pathPrefix, mapped }: KeyUse): string {
  return `${pathPrefix}/kms/xks/v1/keys/${keyPlace(mapped)}`;
}

const EXAMPLE = `
  portcullis keys show --config portcullis.yaml --token soft --label orders-2027

Exit code: 0 fit, 1 not fit, not there or not the only one of that name, 2 wrong usage.`;
