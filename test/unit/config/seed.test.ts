/** The seed of the KMS engine: what it becomes, and what is refused, with the place in the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { loadSeed } from '../../../src/config/read-seed.ts';
import { seedJsonSchema } from '../../../src/config/schema/json-schema.ts';
import { type Change, ConfigDirectory } from './config-directory.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ENGINE = { dangerSoftwareKeys: true, store: { dangerMemory: true }, access: { mode: 'open' } };
const KMS: Change = [['kms'], { ...ENGINE, seed: 'seed.yaml' }];
const ID = '11111111-2222-3333-4444-555555555555';
/** Base64 of the bytes 0 to 31. */
const MATERIAL = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

function problemsOf(text: string, mode?: number): string[] {
  using directory = new ConfigDirectory();
  directory.write('seed.yaml', text, mode);
  return directory.problems(KMS);
}

describe('a seed', () => {
  it('has keys in account 123456789012 and us-east-1, enabled and without rotation, unless it says otherwise', () => {
    using directory = new ConfigDirectory();
    directory.write('seed.yaml', `keys: [{ id: ${ID} }]`);

    expect(directory.load(KMS).kms?.seed).toEqual([
      {
        account: '123456789012',
        region: 'us-east-1',
        keyId: ID,
        aliases: [],
        description: '',
        tags: [],
        enabled: true,
      },
    ]);
  });

  it('may be left out', () => {
    using directory = new ConfigDirectory();

    expect(directory.load([['kms'], ENGINE]).kms?.seed).toEqual([]);
  });

  it('keeps a policy that is a text as it is, and writes one that is a mapping as JSON', () => {
    const other = 'mrk-11112222333344445555666677778888';
    const seed = loadSeed({
      keys: [
        { id: ID, policy: '{ "Version" : "2012-10-17" }' },
        { id: other, policy: { Version: '2012-10-17', Statement: [] } },
      ],
    });

    expect(seed.map(({ policy }) => policy)).toEqual([
      '{ "Version" : "2012-10-17" }',
      '{"Version":"2012-10-17","Statement":[]}',
    ]);
  });

  it('warns of fixed material, and shows it nowhere', () => {
    using directory = new ConfigDirectory();
    directory.write('seed.yaml', `keys: [{ id: ${ID}, dangerMaterial: ${MATERIAL} }]`);
    const config = directory.load(KMS);

    expect(config.warnings).toContain(
      'kms.seed: fixes the material of keys (1): whoever can read it can decrypt',
    );
    expect(config.kms?.seed[0]?.material?.reveal()).toBe(MATERIAL);
    expect(JSON.stringify(config)).not.toContain(MATERIAL);
  });

  it('is in the example with all that there is', () => {
    const [payroll, replicable, fixture] = loadSeed(join(ROOT, 'config/kms-seed.example.yaml'));

    expect(payroll).toMatchObject({
      account: '111122223333',
      region: 'eu-central-1',
      aliases: ['alias/payroll', 'alias/salaries'],
      tags: [
        { key: 'team', value: 'people' },
        { key: 'cost-center', value: '4711' },
      ],
      rotationDays: 365,
    });
    expect(replicable).toMatchObject({ account: '444455556666', region: 'us-west-2', enabled: false });
    expect(fixture?.material?.reveal()).toBe(MATERIAL);
  });

  it('has a JSON Schema that the example names', () => {
    const example = readFileSync(join(ROOT, 'config/kms-seed.example.yaml'), 'utf8');

    expect(example).toContain('$schema=kms-seed.schema.json');
    expect(seedJsonSchema()).toMatchObject({ title: 'Portcullis seed', additionalProperties: false });
  });
});

describe('refused, with its line', () => {
  const before = 'kms.seed names <directory>/seed.yaml';
  test.for([
    {
      title: 'a seed without keys',
      text: 'region: eu-west-1',
      problems: [`${before}:1, whose keys is missing; expected a list of 0 to 10000 entries`],
    },
    {
      title: 'an id in capitals',
      text: 'keys:\n  - id: ABCDEF01-2222-3333-4444-555555555555',
      problems: [
        `${before}:2, whose keys[0].id is "ABCDEF01-2222-3333-4444-555555555555"; expected a UUID, or mrk- and 32 hex digits for a multi-Region key, in lower case`,
      ],
    },
    {
      title: 'an id twice, also in another Region',
      text: `keys:\n  - id: ${ID}\n  - id: ${ID}\n    region: eu-west-1`,
      problems: [
        `${before}:3, whose keys[1].id is the id of keys[0] already; expected each id once; remove one`,
      ],
    },
    {
      title: 'an alias twice',
      text: `keys:\n  - id: ${ID}\n    aliases: [alias/a, alias/a]`,
      problems: [
        `${before}:3, whose keys[0].aliases[1] is the alias of keys[0] already; expected each alias once; remove one`,
      ],
    },
    {
      title: 'an alias of AWS',
      text: `keys:\n  - id: ${ID}\n    aliases: [alias/aws/s3]`,
      problems: [
        `${before}:3, whose keys[0].aliases[0] is "alias/aws/s3"; expected alias/ and up to 250 letters, digits, /, _ or -, but not alias/aws/`,
      ],
    },
    {
      title: 'a policy that is no JSON',
      text: `keys:\n  - id: ${ID}\n    policy: allow`,
      problems: [
        `${before}:3, whose keys[0].policy is no policy document; expected a JSON object of at most 32768 bytes`,
      ],
    },
    {
      title: 'material of 31 bytes, without showing it',
      text: `keys:\n  - id: ${ID}\n    dangerMaterial: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==`,
      problems: [`${before}:3, whose keys[0].dangerMaterial is a text; expected the Base64 of 32 bytes`],
    },
    {
      title: 'a field that does not exist',
      text: `keys:\n  - id: ${ID}\n    aliasses: []`,
      problems: [
        `${before}:3, whose keys[0].aliasses is not a known field; expected one of id, account, region, aliases, description, policy, tags, enabled, rotationDays, dangerMaterial; did you mean aliases?`,
      ],
    },
    {
      title: 'what is no YAML',
      text: 'keys: "',
      problems: [
        `${before}:1, which lacks a closing quote, bracket or colon here; expected YAML 1.2; add it`,
      ],
    },
  ])('$title', ({ text, problems }) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('a file that others may change', () => {
    expect(problemsOf(`keys: [{ id: ${ID} }]`, 0o666)).toEqual([
      'kms.seed names a file that can be changed by everybody (mode 0666); expected a YAML file of ours alone; chmod go-w it',
    ]);
  });

  it('a file that does not exist', () => {
    using directory = new ConfigDirectory();

    expect(directory.problems(KMS)).toEqual([
      'kms.seed names a file that does not exist (<directory>/seed.yaml); expected a YAML file; relative paths start at the directory of this file',
    ]);
  });

  it('bytes that are no text', () => {
    using directory = new ConfigDirectory();
    directory.writeBytes('seed.yaml', new Uint8Array([0xff, 0xfe]));

    expect(directory.problems(KMS)).toEqual([
      `${before}, which is not UTF-8 text; expected a YAML file with keys`,
    ]);
  });

  it('more than 50 tags', () => {
    const tags = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`tag-${at}`, '']));

    expect(() => loadSeed({ keys: [{ id: ID, tags }] })).toThrow(
      'keys[0].tags is a mapping; expected a mapping of up to 50 tags',
    );
  });
});
