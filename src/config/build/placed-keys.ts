/** The keys of a configuration with their places in the file, each generation by itself. */
import { generationsOf } from '../../domain/xks/key-generations.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import type { PathInFile } from '../findings.ts';
import type { KeyStoreInput } from '../schema/key-store-schema.ts';

export interface PlacedKey {
  readonly path: PathInFile;
  readonly mapped: MappedKey;
  /** Place of the whole entry, the same for all generations of a key. */
  readonly entryPath: PathInFile;
}

/** In the order of the file; both lists by the position of the key store. */
export function placedKeys(
  stores: readonly (Pick<KeyStore, 'keys'> | undefined)[],
  inputs: readonly (KeyStoreInput | undefined)[],
): readonly PlacedKey[] {
  return stores.flatMap((store, storeIndex) =>
    [...(store?.keys ?? [])].flatMap(([externalKeyId, current]) => {
      const entryPath: PathInFile = ['keyStores', storeIndex, 'keys', externalKeyId];
      const listed = inputs[storeIndex]?.keys[externalKeyId]?.generations;
      if (listed === undefined) return [{ path: entryPath, mapped: current, entryPath }];
      const byNumber = new Map(generationsOf(current).map((each) => [each.generation, each]));
      return listed.flatMap(({ generation }, index) => {
        const mapped = byNumber.get(generation);
        const path: PathInFile = [...entryPath, 'generations', index];
        return mapped === undefined ? [] : [{ path, mapped, entryPath }];
      });
    }),
  );
}
