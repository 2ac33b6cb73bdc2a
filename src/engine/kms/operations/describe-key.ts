/** DescribeKey: what a key is, in each of its states. */
import { keyMetadata } from '../../../domain/key/key-metadata.ts';
import type { OneKey, Operation } from '../operation.ts';
import { resolveKeyOrAlias } from '../resolve-key.ts';

export const describeKey: Operation<'DescribeKey', OneKey> = {
  name: 'DescribeKey',
  keys: [
    {
      action: 'DescribeKey',
      crossAccount: true,
      state: 'table',
      find: ({ keyId }, lookup) => resolveKeyOrAlias(keyId, lookup),
    },
  ],
  async run({ keys: [key] }) {
    return { keyMetadata: keyMetadata(key.stored.body) };
  },
};
