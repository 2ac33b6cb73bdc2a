import { describe, expect, it, test } from 'vitest';
import { tagsOf, withoutTags, withTags } from '../../../../src/domain/key/key-tags.ts';
import { refusalOf } from './refusal.ts';

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ tagKey: `key-${from + at}`, tagValue: 'v' }));

describe('tags of a key', () => {
  it('are kept as they were given, up to 50', () => {
    expect(tagsOf([{ tagKey: 'Team', tagValue: '' }])).toEqual([{ key: 'Team', value: '' }]);
    expect(tagsOf(numbered(50))).toHaveLength(50);
  });

  it('have keys that differ in case alone', () => {
    expect(tagsOf([tag('a'), tag('A')])).toHaveLength(2);
  });

  test.for([
    { what: '51 of them', tags: numbered(51), refusal: 'TagException: Too many tags' },
    { what: 'one key twice', tags: [tag('a'), tag('a')], refusal: 'TagException: Duplicate tag keys' },
    {
      what: 'a reserved key',
      tags: [tag('aws:cloudformation:stack-name')],
      refusal: 'TagException: Tags beginning with aws: are reserved',
    },
    {
      what: 'a reserved key in capitals',
      tags: [tag('AWS:x')],
      refusal: 'TagException: Tags beginning with aws: are reserved',
    },
  ])('$what: $refusal', ({ tags, refusal }) => {
    expect(refusalOf(() => tagsOf(tags))).toBe(refusal);
  });

  it('replace each other by key', () => {
    const present = tagsOf([tag('a', '1'), tag('b', '2')]);
    expect(withTags(present, tagsOf([tag('a', '3'), tag('c', '4')]))).toEqual([
      { key: 'a', value: '3' },
      { key: 'b', value: '2' },
      { key: 'c', value: '4' },
    ]);
  });

  it('are 50 at most together with those that are there', () => {
    const present = tagsOf(numbered(49));
    expect(withTags(present, tagsOf(numbered(2, 48)))).toHaveLength(50);
    expect(refusalOf(() => withTags(present, tagsOf(numbered(2, 49))))).toBe('TagException: Too many tags');
  });

  it('go by key; keys that are not there do not matter', () => {
    const present = tagsOf([tag('a', '1'), tag('b', '2')]);
    expect(withoutTags(present, ['b', 'c'])).toEqual([{ key: 'a', value: '1' }]);
  });
});

function tag(tagKey: string, tagValue = 'v'): { tagKey: string; tagValue: string } {
  return { tagKey, tagValue };
}
