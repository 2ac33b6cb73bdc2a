/** New material for a symmetric key: it encrypts from now on, and the older ones still decrypt. */
import type { KeyMaterial, KeyRecord, KeyRotation } from '../../domain/key/key-record.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { StoredRecord } from '../../domain/ports/record-store.ts';
import { keyChange } from './key-change.ts';
import type { KmsServices } from './services.ts';

export interface Rotation {
  readonly type: 'AUTOMATIC' | 'ON_DEMAND';
  readonly atMs: number;
  /** The key's schedule from now on. */
  readonly schedule: KeyRotation;
}

/** Rejects with a StoreConflict when the key has changed since it was read; nothing has happened then. */
export async function rotateMaterial(
  { vault, store, events }: Pick<KmsServices, 'vault' | 'store' | 'events'>,
  { body, revision }: StoredRecord<'key'>,
  { type, atMs, schedule }: Rotation,
  context: CallContext,
): Promise<void> {
  const { account, region, keyId } = body;
  const { materialId, token } = await vault.create({ account, keyId }, body, context);
  const material: KeyMaterial = {
    materialId,
    token: Buffer.from(token).toString('base64'),
    createdMs: atMs,
    rotated: { atMs, type },
  };
  const rotated: KeyRecord = {
    ...body,
    materials: [...body.materials, material],
    currentMaterialId: materialId,
    rotation: schedule,
  };
  await store.commit([keyChange(rotated, revision)]);
  events.happened({ type: 'KMS CMK Rotation', account, region, keyId, atMs });
}
