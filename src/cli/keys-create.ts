/** `portcullis keys create`: a key that never leaves its token, fit to stand behind a KMS key in its scheme. */
import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { AEAD_SCHEMES, type AeadScheme } from '../domain/hsm/aead-scheme.ts';
import type { KeyDescription } from '../domain/ports/hsm.ts';
import type { DeviceProfile } from '../hsm/devices/profile.ts';
import { CliFault } from './cli-fault.ts';
import { keySelector, onlyKey } from './key-choice.ts';
import { keyText } from './key-text.ts';
import { configuredToken, withConfiguredToken } from './token-access.ts';

interface KeysCreateOptions {
  readonly config: string;
  readonly token?: string;
  readonly label: string;
  readonly id?: string;
  readonly scheme?: AeadScheme;
  readonly json: boolean;
}

export function keysCreateCommand(): Command {
  return new Command('create')
    .description('generate a key of 256 bits on a token: sensitive, not extractable, fit for one scheme')
    .requiredOption('-c, --config <file>', 'configuration that names the token')
    .option('-t, --token <name>', 'its name there; may be left out when there is one')
    .requiredOption('-l, --label <label>', 'CKA_LABEL of the key')
    .option('-i, --id <hex>', 'CKA_ID of the key; random when left out')
    .addOption(
      new Option(
        '-s, --scheme <scheme>',
        "how it will make ciphertexts; the device's usual one when left out",
      ).choices(AEAD_SCHEMES),
    )
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLE)
    .action((options: KeysCreateOptions) => runKeysCreate(options));
}

async function runKeysCreate(options: KeysCreateOptions): Promise<void> {
  const place = configuredToken(options.config, options.token);
  const { profile } = place.token;
  const { label, id = newId(profile.newIdBytes), scheme = profile.defaultScheme } = options;
  const { idHex = '' } = keySelector({ label, id });
  refuseUnmakable(profile, { label, idHex });
  const key = await withConfiguredToken(place, async ({ admin }) => {
    refuseTaken(await admin.listKeys(), label, idHex);
    await admin.generateKey({ label, idHex, scheme });
    return onlyKey(await admin.listKeys(), { label, idHex });
  });
  process.stdout.write(
    options.json
      ? `${JSON.stringify(key, null, 2)}\n`
      : `${keyText(key)}\nTo serve it, below keyStores[].keys:\n${mapEntry(place.token.name, key, scheme)}`,
  );
}

/** Zeros and ones alone mean something else to some devices: "any", or "none". */
function newId(bytes: number): string {
  const id = randomBytes(bytes).toString('hex');
  return /^(0+|f+)$/.test(id) ? newId(bytes) : id;
}

function refuseUnmakable(profile: DeviceProfile, { label, idHex }: { label: string; idHex: string }): void {
  const { name, keysMadeElsewhere, maxLabelBytes, maxIdBytes } = profile;
  if (keysMadeElsewhere !== undefined) throw new CliFault('refused', keysMadeElsewhere);
  const labelBytes = Buffer.byteLength(label);
  if (maxLabelBytes !== undefined && labelBytes > maxLabelBytes) {
    throw new CliFault(
      'usage',
      `--label has ${labelBytes} bytes, and ${name} takes at most ${maxLabelBytes}`,
    );
  }
  if (maxIdBytes !== undefined && idHex.length / 2 > maxIdBytes) {
    throw new CliFault(
      'usage',
      `--id has ${idHex.length / 2} bytes, and ${name} takes at most ${maxIdBytes}`,
    );
  }
}

/** A second key with a label or an id would make selectors that name the first one ambiguous, and stop it. */
function refuseTaken(keys: readonly KeyDescription[], label: string, idHex: string): void {
  if (keys.some((key) => key.label === label)) {
    throw new CliFault('refused', `the token has a key labelled '${label}' already; choose another --label`);
  }
  if (keys.some((key) => key.idHex === idHex)) {
    throw new CliFault('refused', `the token has a key with id ${idHex} already; choose another --id`);
  }
}

/** The scheme is written down, and the check value pinned: another key under the same name would be refused. */
function mapEntry(token: string, { label, idHex, kcvHex }: KeyDescription, scheme: AeadScheme): string {
  const pin = kcvHex === undefined ? '' : `, kcv: '${kcvHex}'`;
  const object = `token: ${token}, label: ${JSON.stringify(label)}, id: '${idHex}'`;
  return `  ${JSON.stringify(label)}: { ${object}, scheme: ${scheme}${pin} }\n`;
}

const EXAMPLE = `
  portcullis keys create --config portcullis.yaml --token soft --label orders-2027
  portcullis keys create --config portcullis.yaml --label payments --scheme hmac

The answer ends with the line to add to the configuration. Back the token up before AWS KMS uses the key:
what is encrypted under a lost key is lost.

Exit code: 0 created, 1 refused (label or id taken, token full or away), 2 wrong usage.`;
