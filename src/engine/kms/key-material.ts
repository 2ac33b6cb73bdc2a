/** From a key's record to what the vault works with. */
import { Bug } from '../../domain/bug.ts';
import type { KeyMaterial, KeyRecord } from '../../domain/key/key-record.ts';
import { blobStart } from '../../domain/kms/ciphertext-blob.ts';
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

/** A material, ready for use: made once for each version of a record that the store hands out. */
export interface UsableMaterial {
  readonly key: VaultKey;
  /** What its ciphertext blobs start with. */
  readonly blobStart: Uint8Array;
}

export function usable(record: KeyRecord, material: KeyMaterial): UsableMaterial {
  const known = USABLE.get(material);
  if (known !== undefined) return known;
  const { materialId, token } = material;
  const binding = { account: record.account, keyId: record.keyId, materialId };
  const made: UsableMaterial = {
    key: { ...binding, token: Buffer.from(token, 'base64') },
    blobStart: blobStart(binding),
  };
  USABLE.set(material, made);
  return made;
}

/** Bodies of records are never changed, and are freed when the store forgets them. */
const USABLE = new WeakMap<KeyMaterial, UsableMaterial>();
