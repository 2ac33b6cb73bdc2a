/** UpdateKeyDescription: another description, which may be empty. */
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const updateKeyDescription: Operation<'UpdateKeyDescription', OneKey> = {
  name: 'UpdateKeyDescription',
  keys: managedKey('UpdateKeyDescription'),
  async run({ input: { description }, keys: [key], services }) {
    await services.store.commit([keyChange({ ...key.stored.body, description }, key.stored.revision)]);
    return undefined;
  },
};
