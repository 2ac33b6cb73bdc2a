/** First step: the external key id. Ids of other prefixes do not exist here. */
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';

/**
 * The key that this prefix maps the id to.
 * @req X-09 X-54
 */
export function findKey(store: KeyStore, externalKeyId: string): MappedKey {
  const mapped = store.keys.get(externalKeyId);
  if (mapped === undefined) {
    throw new XksFault('KeyNotFoundException', `This key store has no external key '${externalKeyId}'.`);
  }
  return mapped;
}
