/** CancelKeyDeletion: the key stays, and is disabled; one without material waits for it again. */
import type { KeyRecord } from '../../../domain/key/key-record.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const cancelKeyDeletion: Operation<'CancelKeyDeletion', OneKey> = {
  name: 'CancelKeyDeletion',
  keys: managedKey('CancelKeyDeletion'),
  async run({ keys: [key], services }) {
    const { deletion: _, ...kept } = key.stored.body;
    await services.store.commit([keyChange({ ...kept, state: stateAfter(kept) }, key.stored.revision)]);
    return { keyId: key.arn };
  },
};

function stateAfter({ materials }: Pick<KeyRecord, 'materials'>): KeyRecord['state'] {
  return materials.length === 0 ? 'PendingImport' : 'Disabled';
}
