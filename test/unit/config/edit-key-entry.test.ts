/** Edits of one key entry: what the file says afterwards, byte for byte. */
import { describe, expect, it, test } from 'vitest';
import { addGeneration, removeGeneration, setCurrent } from '../../../src/config/edit-key-entry.ts';

const PLACE = { store: 0, externalKeyId: 'foo' };
const NEW = { generation: 3, token: 'hard', id: '0a01', scheme: 'hmac', kcv: '123456' } as const;
const ADDED = '{ generation: 3, token: hard, id: "0a01", scheme: hmac, kcv: "123456" }';
/** A file with this below `keys:`. */
const file = (entries: string) =>
  `# kept\nkeyStores:\n  - keys: # of the store\n${entries}    pathPrefix: "" # kept too\n`;

describe('adding a generation', () => {
  test.for([
    {
      what: 'to an entry on one line',
      before: '      foo: { token: soft, label: foo, usage: [DECRYPT] } # why\n',
      after: `      foo: { generations: [{ token: soft, label: foo, generation: 0 }, ${ADDED}], current: 0, usage: [DECRYPT] } # why\n`,
    },
    {
      what: 'to an entry on several lines',
      before:
        "      foo:\n        token: soft\n        label: 'true'\n        generation: 2\n      bar: { token: soft }\n",
      after: `      foo:\n        generations:\n          - { token: soft, label: "true", generation: 2 }\n          - ${ADDED}\n        current: 2\n      bar: { token: soft }\n`,
    },
    {
      what: 'to a list on several lines',
      before:
        '      foo:\n        current: 0\n        generations:\n        - { generation: 0, token: soft, label: a } # old\n        # end\n',
      after: `      foo:\n        current: 0\n        generations:\n        - { generation: 0, token: soft, label: a } # old\n        - ${ADDED}\n        # end\n`,
    },
    {
      what: 'to a list of blocks',
      before:
        '      foo:\n        generations:\n          - generation: 0\n            token: soft\n            label: a\n        current: 0\n',
      after: `      foo:\n        generations:\n          - generation: 0\n            token: soft\n            label: a\n          - ${ADDED}\n        current: 0\n`,
    },
    {
      what: 'to a list on one line',
      before: '      foo: { generations: [{ generation: 0, token: soft, label: a }], current: 0 }\n',
      after: `      foo: { generations: [{ generation: 0, token: soft, label: a }, ${ADDED}], current: 0 }\n`,
    },
  ])('$what leaves the rest of the file as it is', ({ before, after }) => {
    const edit = addGeneration(file(before), PLACE, NEW);
    expect(edit.text).toBe(file(after));
    expect(file(before)).toContain(edit.before);
    expect(edit.text).toContain(edit.after);
  });

  it('works in JSON, which is YAML', () => {
    const text = '{"keyStores":[{"keys":{"foo":{"token":"soft","label":"a"}}}]}';
    expect(addGeneration(text, PLACE, NEW).text).toBe(
      `{"keyStores":[{"keys":{"foo":{ generations: [{ token: soft, label: a, generation: 0 }, ${ADDED}], current: 0 }}}]}`,
    );
  });

  test.for([
    {
      what: 'comments inside the entry',
      entry: '      foo:\n        token: soft # old\n        label: a\n',
      says: 'has comments inside, which would be lost',
    },
    { what: 'an anchor', entry: '      foo: { token: &t soft, label: a }\n', says: 'not of a form' },
    {
      what: 'an alias in place of the entry',
      entry: '      bar: &e { token: soft }\n      foo: *e\n',
      says: 'not of a form',
    },
    { what: 'no such entry', entry: '      bar: { token: soft }\n', says: 'not of a form' },
  ])('is refused with $what', ({ entry, says }) => {
    expect(() => addGeneration(file(entry), PLACE, NEW)).toThrow(says);
  });
});

describe('the other steps', () => {
  const lines =
    '      foo:\n        generations:\n          # first\n          - { generation: 0, token: soft, label: a } # old\n          # second\n          - { generation: 3, token: hard, label: b }\n        current: 0 # for now\n';
  const line =
    '      foo: { current: 3, generations: [{ generation: 0, token: a }, { generation: 3, token: b }] }\n';

  it('switch changes the number alone', () => {
    const { text } = setCurrent(file(lines), PLACE, 3);
    expect(text).toBe(file(lines.replace('current: 0', 'current: 3')));
  });

  test.for([
    { entry: lines, number: 0, gone: '          - { generation: 0, token: soft, label: a } # old\n' },
    { entry: lines, number: 3, gone: '          - { generation: 3, token: hard, label: b }\n' },
    { entry: line, number: 0, gone: '{ generation: 0, token: a }, ' },
    { entry: line, number: 3, gone: ', { generation: 3, token: b }' },
  ])('retire takes away $gone', ({ entry, number, gone }) => {
    expect(removeGeneration(file(entry), PLACE, number).text).toBe(file(entry.replace(gone, '')));
  });

  it('switch is refused where there is nothing to switch', () => {
    expect(() => setCurrent(file('      foo: { token: soft }\n'), PLACE, 3)).toThrow('not of a form');
  });

  it('comments between the generations of a list in brackets stay', () => {
    const nested =
      '      foo:\n        current: 0\n        generations: [\n          { generation: 0, token: a }, # one\n          { generation: 3, token: b }, # two\n        ]\n';
    const { text } = addGeneration(file(nested), PLACE, { ...NEW, generation: 4 });
    expect(text).toContain('# one');
    expect(text).toContain('# two');
  });
});
