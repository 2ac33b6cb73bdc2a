/**
 * The generations of an external key: one encrypts and decrypts, the others decrypt what they once encrypted
 * or, while a new one is being distributed, what other proxies encrypt already.
 */
import type { KeyStore, MappedKey } from './key-store.ts';

/** All of one external key, the current one first. */
export function generationsOf(mapped: MappedKey): readonly MappedKey[] {
  return [mapped, ...(mapped.otherGenerations ?? [])];
}

/** All of all keys of a store, in the order of its key map. */
export function everyGeneration({ keys }: Pick<KeyStore, 'keys'>): readonly MappedKey[] {
  return [...keys.values()].flatMap(generationsOf);
}

/** The generation that made a ciphertext; undefined when the key has none of this number. @req X-38 */
export function generationNumbered(mapped: MappedKey, generation: number): MappedKey | undefined {
  return generationsOf(mapped).find((each) => each.generation === generation);
}

/** For messages to clients. */
export function keyName(mapped: MappedKey): string {
  return `external key '${mapped.externalKeyId}'${suffix(mapped)}`;
}

/** For lists: the external key id alone, if that says all. */
export function keyPlace(mapped: MappedKey): string {
  return `${mapped.externalKeyId}${suffix(mapped)}`;
}

/** The generation is named wherever the key has several. */
function suffix({ generation, otherGenerations, currentGeneration }: MappedKey): string {
  const several = otherGenerations !== undefined || currentGeneration !== undefined;
  return several ? ` (generation ${generation})` : '';
}
