/** RotateKeyOnDemand: new material now, a limited number of times in a key's life. The schedule stays as it is. */
import type { KeyRotation } from '../../../domain/key/key-record.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { rotateMaterial } from '../rotate-material.ts';

export const rotateKeyOnDemand: Operation<'RotateKeyOnDemand', OneKey> = {
  name: 'RotateKeyOnDemand',
  keys: managedKey('RotateKeyOnDemand'),
  async run({ keys: [{ stored, arn }], services, context }) {
    const { origin, rotation } = stored.body;
    const atMs = services.clock.nowMs();
    if (origin === 'EXTERNAL') {
      throw new KmsFault(
        'KMSInvalidStateException',
        `No available key material pending rotation for the key: ${arn}.`,
      );
    }
    if (rotation.onDemandCount >= services.settings.onDemandRotationsPerKey) {
      throw new KmsFault(
        'LimitExceededException',
        `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arn}`,
      );
    }
    requireNoOtherRotation(rotation, arn, atMs);
    const schedule = { ...rotation, onDemandCount: rotation.onDemandCount + 1 };
    await rotateMaterial(services, stored, { type: 'ON_DEMAND', atMs, schedule }, context);
    return { keyId: arn };
  },
};

function requireNoOtherRotation({ enabled, nextMs }: KeyRotation, arn: string, atMs: number): void {
  if (!enabled || nextMs === undefined || nextMs - atMs > AUTOMATIC_ROTATION_NEAR_MS) return;
  throw new KmsFault(
    'ConflictException',
    `An automatic rotation of ${arn} is in progress or begins within 20 minutes. Try again after it.`,
  );
}

const AUTOMATIC_ROTATION_NEAR_MS = 20 * 60_000;
