/** GetKeyLastUsage: the last cryptographic operation that succeeded with a key. Every key is tracked from its start. */
import { keyAddress } from '../../../domain/key/record-address.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const getKeyLastUsage: Operation<'GetKeyLastUsage', OneKey> = {
  name: 'GetKeyLastUsage',
  keys: managedKey('GetKeyLastUsage'),
  async run({ keys: [{ stored, arn }], services: { store } }) {
    const { createdMs } = stored.body;
    const usage = await store.get('usage', keyAddress(stored.body));
    return {
      keyId: arn,
      keyLastUsage:
        usage === undefined
          ? {}
          : {
              operation: usage.body.operation,
              timestamp: usage.body.atMs,
              kmsRequestId: usage.body.requestId,
            },
      trackingStartDate: createdMs,
      keyCreationDate: createdMs,
    };
  },
};
