/** ListKeys: ids and ARNs of the account's keys in the Region. */
import { scopeOf } from '../../../domain/key/record-address.ts';
import { keyArn } from '../../../domain/kms/arn.ts';
import { listPage } from '../list-page.ts';
import type { NoKey, Operation } from '../operation.ts';

export const listKeys: Operation<'ListKeys', NoKey> = {
  name: 'ListKeys',
  keys: [],
  alsoNeeds: () => [{ action: 'ListKeys', resource: { kind: 'any' } }],
  async run({ input: { limit, marker }, ...surroundings }) {
    const { call, services } = surroundings;
    const scope = scopeOf({ account: call.caller.account, region: call.region });
    const { entries, more } = await listPage(
      { operation: 'ListKeys', limit, marker, defaultLimit: 100, maxLimit: 1000 },
      { read: (from) => services.store.list('key', scope, from), idOf: ({ id }) => id },
      surroundings,
    );
    return { keys: entries.map(({ id, body }) => ({ keyId: id, keyArn: keyArn(body) })), ...more };
  },
};
