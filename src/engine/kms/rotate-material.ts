/** New material for a symmetric key: it encrypts from now on, and the older ones still decrypt. */
import { Bug } from '../../domain/bug.ts';
import type { KeyMaterial, KeyRecord, KeyRotation } from '../../domain/key/key-record.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyRotated } from '../../domain/ports/kms-events.ts';
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
  const { account, region, keyId, origin, currentMaterialId } = body;
  if (currentMaterialId === undefined) throw new Bug(`key ${keyId} has no material to rotate from`);
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
  const event: KeyRotated = {
    type: 'KMS CMK Rotation',
    account,
    region,
    keyId,
    atMs,
    origin,
    rotation: type,
    previousMaterialId: currentMaterialId,
    currentMaterialId: materialId,
  };
  await store.commit([keyChange(rotated, revision), ...events.recordsOf(event)]);
  events.happened(event);
}
