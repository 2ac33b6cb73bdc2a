/** Tags of a key: kms-behaviour.md §1.1. The model has seen to the lengths of keys and values already. */
import type { Tag } from '../kms/api/types.ts';
import { KmsFault } from '../kms/kms-fault.ts';
import type { KeyTag } from './key-record.ts';

/** Tags of a request, as a key keeps them. Fault: `TagException`, for what no key can have. */
export function tagsOf(requested: readonly Tag[]): KeyTag[] {
  if (requested.length > MAX_TAGS) throw tooMany();
  const tags = requested.map(({ tagKey, tagValue }) => ({ key: tagKey, value: tagValue }));
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    throw new KmsFault('TagException', 'Duplicate tag keys');
  }
  if (tags.some(({ key }) => RESERVED.test(key))) {
    throw new KmsFault('TagException', 'Tags beginning with aws: are reserved');
  }
  return tags;
}

/** The key's tags with these added; a tag whose key it has already gets the new value. Fault: `TagException`. */
export function withTags(present: readonly KeyTag[], added: readonly KeyTag[]): KeyTag[] {
  const tags = new Map([...present, ...added].map((tag) => [tag.key, tag]));
  if (tags.size > MAX_TAGS) throw tooMany();
  return [...tags.values()];
}

/** The key's tags without these; keys that it has no tag with don't matter. */
export function withoutTags(present: readonly KeyTag[], keys: readonly string[]): KeyTag[] {
  return present.filter(({ key }) => !keys.includes(key));
}

function tooMany(): KmsFault {
  return new KmsFault('TagException', 'Too many tags');
}

const MAX_TAGS = 50;
const RESERVED = /^aws:/i;
