/** One entry of a key map in domain terms: a key object, or a list of generations with one of them current. */
import type { MappedKey } from '../../domain/xks/key-store.ts';
import type { DeviceProfile } from '../../hsm/devices/profile.ts';
import type { Findings, PathInFile } from '../findings.ts';
import type { GenerationInput, KeyInput } from '../schema/key-store-schema.ts';
import type { TokenInput } from '../schema/token-schema.ts';
import { locateKey } from './locate-key.ts';

/** Tokens by name; a name that is missing is an error only when `complete`. */
export interface KnownTokens {
  readonly byName: ReadonlyMap<string, TokenInput>;
  /** Of those whose profile is sound. */
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly complete: boolean;
}

interface EntryContext {
  readonly externalKeyId: string;
  readonly key: KeyInput;
  readonly tokens: KnownTokens;
  readonly findings: Findings;
}

/**
 * The current generation, with the others inside; undefined when anything about it was refused (reported).
 * Those others may never encrypt, whatever the entry says.
 * @req X-38
 */
export function buildKey(
  externalKeyId: string,
  key: KeyInput,
  path: PathInFile,
  tokens: KnownTokens,
  findings: Findings,
): MappedKey | undefined {
  const context: EntryContext = { externalKeyId, key, tokens, findings };
  const { generations, current, token } = key;
  if (generations === undefined) {
    if (current !== undefined) {
      findings.problem([...path, 'current'], 'is given without generations', 'no such field', 'remove it');
    }
    if (token === undefined) {
      findings.problem([...path, 'token'], 'is missing', 'the name of an entry of tokens', 'add it');
      return undefined;
    }
    return buildGeneration({ ...key, token, generation: key.generation ?? 0 }, path, context);
  }
  if (!isSoundList(key, generations, path, findings)) return undefined;
  const built = generations.map((each, index) =>
    buildGeneration(each, [...path, 'generations', index], context),
  );
  const encrypting = built.find((each) => each?.generation === current);
  if (encrypting === undefined || built.includes(undefined)) return undefined;
  const others = built.filter((each) => each !== undefined && each !== encrypting) as MappedKey[];
  if (others.length === 0) return encrypting;
  return {
    ...encrypting,
    otherGenerations: others.map((each) => ({
      ...each,
      usages: new Set([...each.usages].filter((usage) => usage === 'DECRYPT')),
      currentGeneration: encrypting.generation,
    })),
  };
}

/** Names of the tokens of all generations, as far as they are given. */
export function tokenNamesOf({ token, generations }: KeyInput): readonly string[] {
  return [...(token === undefined ? [] : [token]), ...(generations ?? []).map((each) => each.token)];
}

/** What spans the fields of an entry with generations. */
function isSoundList(
  key: KeyInput,
  generations: readonly GenerationInput[],
  path: PathInFile,
  findings: Findings,
): boolean {
  const problemsBefore = findings.problems.length;
  const beside = SINGLE_FORM.filter((field) => key[field] !== undefined);
  if (beside.length > 0) {
    const remedy = `move ${beside.join(', ')} into an entry of generations`;
    findings.problem(path, `has generations and ${beside.join(', ')}`, 'one form of a key', remedy);
  }
  const numbers = generations.map(({ generation }) => generation);
  for (const [index, number] of numbers.entries()) {
    if (numbers.indexOf(number) === index) continue;
    const place = [...path, 'generations', index, 'generation'];
    findings.problem(place, `is ${number} again`, 'each generation once', 'number it anew, or remove it');
  }
  const { current } = key;
  const known = `one of ${numbers.join(', ')}`;
  if (current === undefined) {
    findings.problem([...path, 'current'], 'is missing', known, 'name the generation that encrypts');
  } else if (!numbers.includes(current)) {
    findings.problem([...path, 'current'], `is ${current}, which no generation has`, known);
  }
  return findings.problems.length === problemsBefore;
}

function buildGeneration(
  input: GenerationInput,
  path: PathInFile,
  { externalKeyId, key, tokens, findings }: EntryContext,
): MappedKey | undefined {
  const token = tokens.byName.get(input.token);
  if (token === undefined && tokens.complete) {
    const names = [...tokens.byName.keys()].join(', ');
    findings.problem(
      [...path, 'token'],
      `is ${input.token}, which no entry of tokens is named`,
      `one of ${names}`,
    );
  }
  const selector = locateKey(input, path, token, findings);
  const profile = tokens.profiles.get(input.token);
  checkAttestation(input, profile, [...path, 'attested'], findings);
  const scheme = input.scheme ?? profile?.defaultScheme;
  if (selector === undefined || scheme === undefined) return undefined;
  return {
    externalKeyId,
    key: { token: input.token, selector },
    scheme,
    status: key.status,
    usages: new Set(key.usage),
    generation: input.generation,
    ...(input.kcv === undefined ? {} : { kcvHex: input.kcv.toLowerCase() }),
    ...(input.attested !== undefined && { attestedBits: input.attested.bits }),
    allowExtractable: input.allowExtractable ?? false,
    shared: input.shared ?? false,
  };
}

/** An attestation is for what the module does not tell, and for one key. */
function checkAttestation(
  { attested, kcv }: GenerationInput,
  profile: DeviceProfile | undefined,
  path: PathInFile,
  findings: Findings,
): void {
  if (attested === undefined || profile === undefined) return;
  if (profile.showsAesKeysAlike !== true) {
    const found = `is given for a token of ${profile.name}, which tells what its keys are`;
    findings.problem(path, found, 'attested for devices that show all keys alike only', 'remove it');
  } else if (kcv === undefined) {
    const remedy = 'add the kcv that keys show prints';
    findings.problem(path, 'is given without kcv', 'attested with kcv, since it speaks of one key', remedy);
  }
}

/** Fields that name one key object or say how it serves. */
const SINGLE_FORM = [
  'token',
  'label',
  'id',
  'uri',
  'scheme',
  'kcv',
  'attested',
  'generation',
  'allowExtractable',
  'shared',
] as const;
