/**
 * GetKeyRotationStatus: whether and when a key rotates by itself. Rotations on demand are done when their call is
 * answered, so none is ever seen running.
 */
import { showsRotation } from '../../../domain/key/rotation-schedule.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const getKeyRotationStatus: Operation<'GetKeyRotationStatus', OneKey> = {
  name: 'GetKeyRotationStatus',
  keys: managedKey('GetKeyRotationStatus', { crossAccount: true }),
  async run({ keys: [{ stored, arn }] }) {
    const { periodDays, nextMs } = stored.body.rotation;
    if (!showsRotation(stored.body)) return { keyId: arn, keyRotationEnabled: false };
    return {
      keyId: arn,
      keyRotationEnabled: true,
      rotationPeriodInDays: periodDays,
      ...(nextMs !== undefined && { nextRotationDate: nextMs }),
    };
  },
};
