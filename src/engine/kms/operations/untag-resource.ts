/** UntagResource: takes tags from a key; keys of tags that it does not have are no error. */
import { withoutTags } from '../../../domain/key/key-tags.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const untagResource: Operation<'UntagResource', OneKey> = {
  name: 'UntagResource',
  keys: managedKey('UntagResource'),
  async run({ input, keys: [key], services }) {
    const record = key.stored.body;
    const tags = withoutTags(record.tags, input.tagKeys);
    await services.store.commit([keyChange({ ...record, tags }, key.stored.revision)]);
    return undefined;
  },
};
