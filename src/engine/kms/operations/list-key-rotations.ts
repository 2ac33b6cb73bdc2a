/** ListKeyRotations: the materials that rotations brought, oldest first, or all materials that the key has. */
import type { KeyMaterial, KeyRecord } from '../../../domain/key/key-record.ts';
import type { RotationsListEntry } from '../../../domain/kms/api/types.ts';
import { managedKey } from '../key-roles.ts';
import { listPage, sourceOf } from '../list-page.ts';
import type { OneKey, Operation } from '../operation.ts';

export const listKeyRotations: Operation<'ListKeyRotations', OneKey> = {
  name: 'ListKeyRotations',
  keys: managedKey('ListKeyRotations'),
  async run({ input, keys: [{ stored, arn }], ...surroundings }) {
    const { limit, marker, includeKeyMaterial = 'ROTATIONS_ONLY' } = input;
    const listed = stored.body.materials
      .map((material, at) => ({ material, place: String(at).padStart(PLACE_DIGITS, '0') }))
      .filter(({ material }) => includeKeyMaterial === 'ALL_KEY_MATERIAL' || material.rotated !== undefined);
    const { entries, more } = await listPage(
      {
        operation: 'ListKeyRotations',
        of: `${arn} ${includeKeyMaterial}`,
        limit,
        marker,
        defaultLimit: 100,
        maxLimit: 1000,
      },
      sourceOf(listed, ({ place }) => place),
      surroundings,
    );
    return { rotations: entries.map(({ material }) => entryOf(stored.body, material)), ...more };
  },
};

function entryOf({ keyId, currentMaterialId }: KeyRecord, material: KeyMaterial): RotationsListEntry {
  const { materialId, rotated } = material;
  return {
    keyId,
    keyMaterialId: materialId,
    keyMaterialState: materialId === currentMaterialId ? 'CURRENT' : 'NON_CURRENT',
    ...(rotated !== undefined && { rotationDate: rotated.atMs, rotationType: rotated.type }),
  };
}

/** Places are compared as texts. */
const PLACE_DIGITS = 8;
