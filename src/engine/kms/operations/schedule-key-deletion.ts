/** ScheduleKeyDeletion: the key is of no use from now on, and is destroyed when its window ends. */
import { checkDeletionWindow, planDeletion } from '../../../domain/key/deletion-window.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const scheduleKeyDeletion: Operation<'ScheduleKeyDeletion', OneKey> = {
  name: 'ScheduleKeyDeletion',
  keys: managedKey('ScheduleKeyDeletion'),
  check: ({ pendingWindowInDays }) => checkDeletionWindow(pendingWindowInDays),
  async run({ input, keys: [key], services }) {
    const deletion = planDeletion(services.clock.nowMs(), input.pendingWindowInDays);
    const record = { ...key.stored.body, state: 'PendingDeletion', deletion } as const;
    await services.store.commit([keyChange(record, key.stored.revision)]);
    return {
      keyId: key.arn,
      deletionDate: deletion.atMs,
      keyState: record.state,
      pendingWindowInDays: deletion.windowDays,
    };
  },
};
