/** The key object of a new generation: named on the command line, and tried on its token before it is written down. */
import type { PortcullisConfig, TokenConfig } from '../config/portcullis-config.ts';
import type { GenerationInput } from '../config/schema/key-store-schema.ts';
import { AEAD_SCHEMES, type AeadScheme } from '../domain/hsm/aead-scheme.ts';
import { admitKey } from '../domain/xks/key-admission.ts';
import type { MappedKey } from '../domain/xks/key-store.ts';
import { CliFault } from './cli-fault.ts';
import { keySelector } from './key-choice.ts';
import { withConfiguredToken } from './token-access.ts';

/** A generation as the command line names it. */
export interface WantedGeneration {
  readonly token: TokenConfig;
  readonly mapped: Pick<MappedKey, 'key' | 'scheme' | 'generation'>;
}

/** Parses `token=…,label=…,id=…,scheme=…`; token may be left out when there is one, scheme is the device's own then. */
export function newGeneration(to: string, generation: number, config: PortcullisConfig): WantedGeneration {
  const fields = new Map(to.split(',').map(fieldOf));
  const names = config.tokens.map(({ name }) => name);
  const name = fields.get('token') ?? (names.length === 1 ? names[0] : undefined);
  const token = config.tokens.find((each) => each.name === name);
  if (token === undefined) {
    throw new CliFault('usage', `--to must have token=<name>, one of ${names.join(', ')}`);
  }
  const scheme = fields.get('scheme') ?? token.profile.defaultScheme;
  if (!isScheme(scheme)) {
    throw new CliFault('usage', `--to has scheme=${scheme}; it must be one of ${AEAD_SCHEMES.join(', ')}`);
  }
  const [label, id] = [fields.get('label'), fields.get('id')];
  const selector = keySelector({ ...(label !== undefined && { label }), ...(id !== undefined && { id }) });
  return { token, mapped: { key: { token: token.name, selector }, scheme, generation } };
}

/**
 * The entry of the list, its check value pinned where the token gives one. Throws a CliFault or HsmFault unless the
 * object can take over everything that the key does.
 * @req X-38
 */
export async function examineNewKey({
  config,
  mapped,
  wanted,
}: {
  readonly config: PortcullisConfig;
  readonly mapped: MappedKey;
  readonly wanted: WantedGeneration;
}): Promise<GenerationInput> {
  const { token } = wanted;
  const { key, scheme, generation } = wanted.mapped;
  const described = await withConfiguredToken({ config, token }, async ({ admin }) => {
    const description = await admin.describe(key.selector);
    const { externalKeyId, status, usages } = mapped;
    const entry: MappedKey = {
      ...wanted.mapped,
      externalKeyId,
      status,
      usages,
      allowExtractable: false,
      shared: false,
    };
    const admission = admitKey(entry, description);
    if (!admission.admitted) throw new CliFault('refused', `the new key is unfit: ${admission.reason}`);
    const missing = [...usages].filter((usage) => !admission.usages.includes(usage));
    if (missing.length > 0) {
      throw new CliFault(
        'refused',
        `the new key is unfit: its attributes do not allow ${missing.join(', ')}`,
      );
    }
    await admin.tryKey({ key, admitted: description, scheme, generation, keyName: externalKeyId });
    return description;
  });
  const { label, idHex } = key.selector;
  return {
    generation,
    token: token.name,
    ...(label !== undefined && { label }),
    ...(idHex !== undefined && { id: idHex }),
    scheme,
    ...(described.kcvHex !== undefined && { kcv: described.kcvHex }),
  };
}

function fieldOf(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^(token|label|id|scheme)=(.+)$/.exec(text) ?? [];
  if (name !== '') return [name, value];
  throw new CliFault(
    'usage',
    `--to takes token=…,label=…,id=…,scheme=… with commas between them, not '${text}'; a label with a comma is named by its id`,
  );
}

function isScheme(text: string): text is AeadScheme {
  return AEAD_SCHEMES.includes(text as AeadScheme);
}
