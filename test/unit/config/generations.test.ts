/** Key entries with generations: what they mean, and which are refused. */
import { describe, expect, it, test } from 'vitest';
import { type Change, ConfigDirectory, type Refusal, SPARE } from './config-directory.ts';

const KEY = ['keyStores', 0, 'keys', 'foo'];
const OLD = { generation: 0, token: 'soft', label: 'foo' };
const NEW = { generation: 1, token: 'soft', label: 'foo-2', scheme: 'hmac', kcv: 'A1B2C3' };
const entry = (value: unknown): Change => [KEY, value];

const REFUSED: readonly Refusal[] = [
  {
    title: 'fields of a single key beside generations',
    changes: [entry({ token: 'soft', label: 'foo', shared: false, generations: [OLD], current: 0 })],
    problems: [
      'keyStores[0].keys.foo has generations and token, label, shared; expected one form of a key; move token, label, shared into an entry of generations',
    ],
  },
  {
    title: 'neither a token nor generations',
    changes: [entry({ label: 'foo' })],
    problems: ['keyStores[0].keys.foo.token is missing; expected the name of an entry of tokens; add it'],
  },
  {
    title: 'a current generation without generations',
    changes: [entry({ token: 'soft', label: 'foo', current: 0 })],
    problems: [
      'keyStores[0].keys.foo.current is given without generations; expected no such field; remove it',
    ],
  },
  {
    title: 'an empty list',
    changes: [entry({ generations: [], current: 0 })],
    problems: [
      'keyStores[0].keys.foo.generations is a list of 0 entries; expected a list of 1 to 64 entries',
    ],
  },
  {
    title: 'no current generation',
    changes: [entry({ generations: [OLD, NEW] })],
    problems: [
      'keyStores[0].keys.foo.current is missing; expected one of 0, 1; name the generation that encrypts',
    ],
  },
  {
    title: 'a current generation that is not in the list',
    changes: [entry({ generations: [OLD, NEW], current: 2 })],
    problems: ['keyStores[0].keys.foo.current is 2, which no generation has; expected one of 0, 1'],
  },
  {
    title: 'a number twice',
    changes: [entry({ generations: [OLD, { ...NEW, generation: 0 }], current: 0 })],
    problems: [
      'keyStores[0].keys.foo.generations[1].generation is 0 again; expected each generation once; number it anew, or remove it',
    ],
  },
  {
    title: 'a number over 16 bits, and none',
    changes: [
      entry({
        generations: [
          { ...OLD, generation: 65_536 },
          { token: 'soft', label: 'a' },
        ],
        current: 0,
      }),
    ],
    problems: [
      'keyStores[0].keys.foo.generations[0].generation is 65536; expected a whole number from 0 to 65535',
      'keyStores[0].keys.foo.generations[1].generation is missing; expected a whole number from 0 to 65535',
    ],
  },
  {
    title: 'a status of one generation',
    changes: [entry({ generations: [{ ...OLD, status: 'DISABLED' }], current: 0 })],
    problems: [
      'keyStores[0].keys.foo.generations[0].status is not a known field; expected one of generation, token, label, id, uri, scheme, kcv, attested, allowExtractable, shared; remove it',
    ],
  },
  {
    title: 'a token that nobody named, of a generation that is not current',
    changes: [entry({ generations: [OLD, { ...NEW, token: 'hard' }], current: 0 })],
    problems: [
      'keyStores[0].keys.foo.generations[1].token is hard, which no entry of tokens is named; expected one of soft',
    ],
  },
  {
    title: 'X-09: nothing that selects the object of a generation',
    changes: [entry({ generations: [{ generation: 5, token: 'soft' }], current: 5 })],
    problems: [
      'keyStores[0].keys.foo.generations[0] has none of label, id and uri; expected what identifies the key object; add one',
    ],
  },
  {
    title: 'X-09: one object under two numbers',
    changes: [entry({ generations: [OLD, { ...OLD, generation: 1 }], current: 0 })],
    problems: [
      'keyStores[0].keys.foo.generations[1] selects the same object as keyStores[0].keys.foo.generations[0]; expected an object of its own for each generation; remove one, or set shared: true on both',
    ],
  },
  {
    title: 'X-09: one object under two numbers with two schemes, shared or not',
    changes: [
      entry({
        generations: [
          { ...OLD, shared: true },
          { ...OLD, generation: 1, scheme: 'cmac', shared: true },
        ],
        current: 0,
      }),
    ],
    problems: [
      'keyStores[0].keys.foo.generations[1].scheme selects the same object as keyStores[0].keys.foo.generations[0], which has scheme native-gcm; expected one scheme for each object; name another object',
    ],
  },
  {
    title: 'X-09 X-11: an older generation that is the object of another key',
    changes: [
      [['keyStores', 0, 'keys', 'bar'], { token: 'soft', label: 'foo' }],
      entry({ generations: [NEW, OLD], current: 1 }),
    ],
    problems: [
      'keyStores[0].keys.bar selects the same object as keyStores[0].keys.foo.generations[1]; expected one external key id for each object; remove one, or set shared: true on both',
    ],
  },
  {
    title: 'X-41: a health key as an older generation',
    changes: [entry({ generations: [{ ...OLD, label: 'health' }, NEW], current: 1 })],
    problems: [
      'keyStores[0].keys.foo.generations[0] selects the health key of its token (tokens[0].healthKey); expected a key that health checks do not use; create a key for health checks alone',
    ],
  },
];

describe('refused generations', () => {
  test.for(REFUSED)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});

describe('a key entry with generations', () => {
  const load = (value: unknown) => {
    using directory = new ConfigDirectory();
    const { keyStores, warnings } = directory.load(entry(value), [['tokens', 1], SPARE]);
    return { mapped: keyStores[0]?.keys.get('foo'), warnings };
  };

  it('X-38: has one that encrypts, and the others only decrypt', () => {
    const { mapped } = load({ generations: [OLD, NEW], current: 1 });
    expect(mapped).toMatchObject({
      key: { token: 'soft', selector: { label: 'foo-2' } },
      generation: 1,
      scheme: 'hmac',
      kcvHex: 'a1b2c3',
      usages: new Set(['ENCRYPT', 'DECRYPT']),
    });
    expect(mapped?.currentGeneration).toBeUndefined();
    expect(mapped?.otherGenerations).toEqual([
      {
        externalKeyId: 'foo',
        key: { token: 'soft', selector: { label: 'foo' } },
        generation: 0,
        currentGeneration: 1,
        scheme: 'native-gcm',
        status: 'ENABLED',
        usages: new Set(['DECRYPT']),
        allowExtractable: false,
        shared: false,
      },
    ]);
  });

  it('narrows every generation with its status and usage', () => {
    const { mapped } = load({ generations: [OLD, NEW], current: 0, usage: ['ENCRYPT'], status: 'DISABLED' });
    expect(mapped).toMatchObject({ usages: new Set(['ENCRYPT']), status: 'DISABLED' });
    expect(mapped?.otherGenerations?.[0]).toMatchObject({ usages: new Set(), status: 'DISABLED' });
  });

  it('with one generation is what the short form is', () => {
    const { mapped } = load({ generations: [OLD], current: 0 });
    expect(mapped).toEqual(load({ token: 'soft', label: 'foo' }).mapped);
  });

  it('uses the tokens of all generations', () => {
    const elsewhere = { ...NEW, token: 'spare' };
    const unused = 'tokens[1]: no key uses the token spare';
    expect(load({ generations: [OLD, elsewhere], current: 0 }).warnings).not.toContain(unused);
    expect(load({ generations: [OLD, NEW], current: 0 }).warnings).toContain(unused);
  });
});
