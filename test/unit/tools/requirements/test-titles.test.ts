import { describe, expect, test } from 'vitest';
import { testTitlesOf } from '../../../../tools/requirements/test-titles.ts';

const D = '$';

function found(text: string): { title: string; ids: readonly string[]; mistakes: readonly number[] }[] {
  return testTitlesOf('test/a.test.ts', text).map(({ title, ids, mistakes }) => ({ title, ids, mistakes }));
}

describe('test titles', () => {
  test.for([
    { text: "it('X-34: sums', () => {});", title: 'X-34: sums', ids: ['X-34'] },
    { text: 'test("X-34 X-35: sums", f);', title: 'X-34 X-35: sums', ids: ['X-34', 'X-35'] },
    { text: "describe('X-40', () => {});", title: 'X-40', ids: ['X-40'] },
    { text: "it.skipIf(a(b))('X-34: sums', f);", title: 'X-34: sums', ids: ['X-34'] },
    { text: "test.for([{ a: ')' }])('X-34: $a', f);", title: 'X-34: $a', ids: ['X-34'] },
    { text: 'it(\n  "X-34: sums",\n  f);', title: 'X-34: sums', ids: ['X-34'] },
    { text: `it(\`X-34: ${D}{a} X-35\`, f);`, title: `X-34: ${D}{a} X-35`, ids: ['X-34', 'X-35'] },
    { text: "it('X-48…X-50: names', f);", title: 'X-48…X-50: names', ids: ['X-48', 'X-49', 'X-50'] },
  ])('$text', ({ text, title, ids }) => {
    expect(found(text)).toEqual([{ title, ids, mistakes: [] }]);
  });

  test('a table gives a title for each row that begins with an id', () => {
    expect(found("test.for([['X-48', 1], ['X-49: two', 2], ['none', 3]])('%s: is', f);")).toEqual([
      { title: 'X-48: is', ids: ['X-48'], mistakes: [] },
      { title: 'X-49: two: is', ids: ['X-49'], mistakes: [] },
    ]);
  });

  test('a table may be named, and what its rows mention elsewhere does not count', () => {
    const text = "const T = [{ id: 'X-48', n: 'see X-01' }, { id: 'mistake 7' }];\ntest.for(T)('$id is', f);";
    expect(found(text)).toEqual([
      { title: 'X-48 is', ids: ['X-48'], mistakes: [] },
      { title: 'mistake 7 is', ids: [], mistakes: [7] },
    ]);
  });

  test.for([
    { text: "it('mistake 7: a tag', f);", mistakes: [7] },
    { text: "it('mistakes 1 and 2: sizes', f);", mistakes: [1, 2] },
    { text: "it('Mistake 12: calls', f);", mistakes: [12] },
  ])('mistakes: $text', ({ text, mistakes }) => {
    expect(found(text).map((title) => title.mistakes)).toEqual([mistakes]);
  });

  test.for([
    "it.skip('X-34: sums', f);",
    "it.todo('X-34: sums');",
    "// it('X-34: sums', f);",
    "commit('X-34: sums');",
    "it('no id', f);",
    'it(title, f);',
    'const fixture = `it("X-34: sums", f);`;',
    "test.for([['X-48']])('a title without a place for the id', f);",
  ])('proves nothing: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});
