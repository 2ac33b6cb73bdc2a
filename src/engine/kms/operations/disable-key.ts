/** DisableKey: nothing can be done with the key's material until it is enabled again. */
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const disableKey: Operation<'DisableKey', OneKey> = {
  name: 'DisableKey',
  keys: managedKey('DisableKey'),
  async run({ keys: [key], services }) {
    const record = key.stored.body;
    if (record.state === 'Disabled') return undefined;
    await services.store.commit([keyChange({ ...record, state: 'Disabled' }, key.stored.revision)]);
    return undefined;
  },
};
