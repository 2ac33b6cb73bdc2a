/** EnableKey: what was disabled can be used again. */
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const enableKey: Operation<'EnableKey', OneKey> = {
  name: 'EnableKey',
  keys: managedKey('EnableKey'),
  async run({ keys: [key], services }) {
    const record = key.stored.body;
    if (record.state === 'Enabled') return undefined;
    await services.store.commit([keyChange({ ...record, state: 'Enabled' }, key.stored.revision)]);
    return undefined;
  },
};
