/** EnableKeyRotation: new material every so many days, counted from now on, also where it was enabled before. */
import { startRotation } from '../../../domain/key/rotation-schedule.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const enableKeyRotation: Operation<'EnableKeyRotation', OneKey> = {
  name: 'EnableKeyRotation',
  keys: managedKey('EnableKeyRotation'),
  async run({ input, keys: [{ stored }], services: { store, clock } }) {
    const { body, revision } = stored;
    const rotation = startRotation(body.rotation, clock.nowMs(), input.rotationPeriodInDays);
    await store.commit([keyChange({ ...body, rotation }, revision)]);
    return undefined;
  },
};
