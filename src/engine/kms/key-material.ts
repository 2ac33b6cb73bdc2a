/** From a key's record to what the vault works with. */
import { Bug } from '../../domain/bug.ts';
import type { KeyMaterial, KeyRecord } from '../../domain/key/key-record.ts';
import type { VaultKey } from '../../domain/ports/key-vault.ts';

/** The material that encrypts. A key without any is refused by its state before. */
export function currentMaterial(record: KeyRecord): KeyMaterial {
  const current = materialOf(record, record.currentMaterialId);
  if (current === undefined)
    throw new Bug(`key ${record.keyId} in state ${record.state} has no current material`);
  return current;
}

/** One version of the key's material; undefined when it never had it, or has lost it. */
export function materialOf(record: KeyRecord, materialId: string | undefined): KeyMaterial | undefined {
  return record.materials.findLast((material) => material.materialId === materialId);
}

/** The vault's view of a material, made once for each version of a record that the store hands out. */
export function vaultKeyOf(record: KeyRecord, material: KeyMaterial): VaultKey {
  const known = VAULT_KEYS.get(material);
  if (known !== undefined) return known;
  const key: VaultKey = {
    account: record.account,
    keyId: record.keyId,
    materialId: material.materialId,
    token: Buffer.from(material.token, 'base64'),
  };
  VAULT_KEYS.set(material, key);
  return key;
}

/** Bodies of records are never changed, and are freed when the store forgets them. */
const VAULT_KEYS = new WeakMap<KeyMaterial, VaultKey>();
