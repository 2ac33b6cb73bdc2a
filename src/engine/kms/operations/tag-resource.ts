/** TagResource: adds tags to a key, or gives those it has other values. */
import { tagsOf, withTags } from '../../../domain/key/key-tags.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const tagResource: Operation<'TagResource', OneKey> = {
  name: 'TagResource',
  keys: managedKey('TagResource'),
  check: ({ tags }) => void tagsOf(tags),
  async run({ input, keys: [key], services }) {
    const record = key.stored.body;
    const tags = withTags(record.tags, tagsOf(input.tags));
    await services.store.commit([keyChange({ ...record, tags }, key.stored.revision)]);
    return undefined;
  },
};
