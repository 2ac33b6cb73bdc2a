/** ListResourceTags: a key's tags, in the order of their keys. */
import { managedKey } from '../key-roles.ts';
import { listPage, sourceOf } from '../list-page.ts';
import type { OneKey, Operation } from '../operation.ts';

export const listResourceTags: Operation<'ListResourceTags', OneKey> = {
  name: 'ListResourceTags',
  keys: managedKey('ListResourceTags'),
  async run({ input: { limit, marker }, keys: [key], ...surroundings }) {
    const { entries, more } = await listPage(
      { operation: 'ListResourceTags', of: key.arn, limit, marker, defaultLimit: 50, maxLimit: 50 },
      sourceOf(key.stored.body.tags, (tag) => tag.key),
      surroundings,
    );
    return { tags: entries.map((tag) => ({ tagKey: tag.key, tagValue: tag.value })), ...more };
  },
};
