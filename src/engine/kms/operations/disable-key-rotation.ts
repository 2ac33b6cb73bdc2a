/** DisableKeyRotation: the key keeps the material that it has. */
import { stopRotation } from '../../../domain/key/rotation-schedule.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const disableKeyRotation: Operation<'DisableKeyRotation', OneKey> = {
  name: 'DisableKeyRotation',
  keys: managedKey('DisableKeyRotation'),
  async run({ keys: [{ stored }], services: { store } }) {
    const { body, revision } = stored;
    await store.commit([keyChange({ ...body, rotation: stopRotation(body.rotation) }, revision)]);
    return undefined;
  },
};
