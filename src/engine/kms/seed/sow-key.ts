/** One key of a seed, and its aliases: made where they are missing. */
import { HsmFault, type HsmFaultCode } from '../../../domain/hsm-fault.ts';
import { defaultPolicy } from '../../../domain/key/key-policy.ts';
import type { KeyRecord } from '../../../domain/key/key-record.ts';
import { aliasAddress, keyAddress } from '../../../domain/key/record-address.ts';
import { NO_ROTATION, startRotation } from '../../../domain/key/rotation-schedule.ts';
import type { SeedKey } from '../../../domain/key/seed-key.ts';
import { accountArn, keyArn } from '../../../domain/kms/arn.ts';
import type { NewMaterial } from '../../../domain/ports/key-vault.ts';
import type { RecordChange, StoredRecord } from '../../../domain/ports/record-store.ts';
import { putAlias } from '../alias-change.ts';
import { keyChange, unchangedKey } from '../key-change.ts';
import { aliasConflict, SeedConflict } from './seed-conflict.ts';
import type { SeedServices } from './sow-seed.ts';

export interface SownKey {
  /** False: it was there before. */
  readonly made: boolean;
  readonly aliasesMade: number;
}

/** All of it at once. Rejects with a StoreConflict when somebody else makes the same meanwhile. */
export async function sowKey(key: SeedKey, services: SeedServices): Promise<SownKey> {
  const { store, log } = services;
  const present = await store.get('key', keyAddress(key));
  if (present === undefined) {
    const aliases = await missingAliases(key, services);
    await store.commit([keyChange(await newRecord(key, services), 0), ...aliases]);
    log.info('kms.seed.made', { key: keyArn(key), aliases: key.aliases });
    return { made: true, aliasesMade: aliases.length };
  }
  await requireSameMaterial(key, present, services);
  const { state } = present.body;
  const aliases = state === 'PendingDeletion' ? [] : await missingAliases(key, services);
  if (aliases.length > 0) await store.commit([unchangedKey(present), ...aliases]);
  log.info('kms.seed.left', { key: keyArn(key), state, aliasesMade: aliases.length });
  return { made: false, aliasesMade: aliases.length };
}

async function missingAliases(
  key: SeedKey,
  { store, clock }: Pick<SeedServices, 'store' | 'clock'>,
): Promise<readonly RecordChange[]> {
  const { account, region, keyId } = key;
  const nowMs = clock.nowMs();
  const changes: RecordChange[] = [];
  for (const name of key.aliases) {
    const found = await store.get('alias', aliasAddress({ account, region, name }));
    if (found !== undefined && found.body.targetKeyId !== keyId)
      throw new SeedConflict([aliasConflict(key, name, found.body.targetKeyId)]);
    if (found === undefined)
      changes.push(
        putAlias({ account, region, name, targetKeyId: keyId, createdMs: nowMs, updatedMs: nowMs }, 0),
      );
  }
  return changes;
}

async function newRecord(key: SeedKey, services: SeedServices): Promise<KeyRecord> {
  const { account, region, keyId, spec, usage, description, tags, rotationDays } = key;
  const { materialId, token } = await materialOf(key, services);
  const createdMs = services.clock.nowMs();
  return {
    account,
    region,
    keyId,
    spec,
    usage,
    origin: 'AWS_KMS',
    multiRegion: keyId.startsWith('mrk-'),
    state: key.enabled ? 'Enabled' : 'Disabled',
    createdMs,
    description,
    policy: key.policy ?? defaultPolicy(accountArn({ account, region })),
    tags,
    materials: [{ materialId, token: Buffer.from(token).toString('base64'), createdMs }],
    currentMaterialId: materialId,
    rotation: rotationDays === undefined ? NO_ROTATION : startRotation(NO_ROTATION, createdMs, rotationDays),
  };
}

/** The same bytes for the same key have the same id. A key that has rotated still has its first material. */
async function requireSameMaterial(
  key: SeedKey,
  { body }: StoredRecord<'key'>,
  services: SeedServices,
): Promise<void> {
  if (key.material === undefined) return;
  const { materialId } = await materialOf(key, services);
  if (body.materials.some((material) => material.materialId === materialId)) return;
  throw new SeedConflict([`${keyArn(key)} exists with other material than the seed gives it`]);
}

/** What no vault of this kind could ever make of the seed is for its author; other faults pass. */
async function materialOf(key: SeedKey, { vault, clock, settings }: SeedServices): Promise<NewMaterial> {
  const { account, keyId, material } = key;
  const context = { tenant: settings.tenant, deadlineMs: clock.monotonicMs() + PATIENCE_MS };
  try {
    if (material === undefined) return await vault.create({ account, keyId }, key, context);
    const bytes = Buffer.from(material.reveal(), 'base64');
    return await vault.import({ account, keyId }, key, bytes, context);
  } catch (error) {
    if (!(error instanceof HsmFault) || !HOPELESS.includes(error.code)) throw error;
    throw new SeedConflict([`${keyArn(key)} cannot be made, as a key of ${key.spec}: ${error.detail}`]);
  }
}

const PATIENCE_MS = 10_000;
const HOPELESS: readonly HsmFaultCode[] = ['unsupported', 'usage'];
