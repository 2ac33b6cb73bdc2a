/** The seed of the KMS engine: what it becomes, and what is refused, with the place in the file. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
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

const P256 = base64Of(generateKeyPairSync('ec', { namedCurve: 'P-256' }));

/** Lengths by spec; private keys as node:crypto makes them, or in the form of a seed. */
const FIXED = [
  { spec: {}, material: () => Buffer.alloc(32).toString('base64') },
  { spec: { spec: 'HMAC_224' }, material: () => Buffer.alloc(28).toString('base64') },
  { spec: { spec: 'HMAC_512' }, material: () => Buffer.alloc(64).toString('base64') },
  {
    spec: { spec: 'RSA_2048', usage: 'SIGN_VERIFY' },
    material: () => base64Of(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  },
  { spec: { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' }, material: () => P256 },
  {
    spec: { spec: 'ECC_NIST_EDWARDS25519' },
    material: () => base64Of(generateKeyPairSync('ed25519')),
  },
  {
    spec: { spec: 'ML_KEM_768' },
    material: () =>
      Buffer.from(`3054020100300b060960864801650304040204428040${'07'.repeat(64)}`, 'hex').toString('base64'),
  },
  {
    spec: { spec: 'ML_DSA_44' },
    material: () =>
      Buffer.from(`3034020100300b060960864801650304031104228020${'07'.repeat(32)}`, 'hex').toString('base64'),
  },
] as const;

function base64Of({ privateKey }: { readonly privateKey: KeyObject }): string {
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

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
        spec: 'SYMMETRIC_DEFAULT',
        usage: 'ENCRYPT_DECRYPT',
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

  test.for([
    { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY' },
    { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' },
    { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY' },
    { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' },
    { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC' },
  ] as const)('needs no usage for $spec, which has one only', ({ spec, usage }) => {
    expect(loadSeed({ keys: [{ id: ID, spec }] })).toMatchObject([{ spec, usage }]);
  });

  test.for([
    { spec: 'RSA_3072', usage: 'ENCRYPT_DECRYPT' },
    { spec: 'RSA_3072', usage: 'SIGN_VERIFY' },
    { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT' },
    { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY' },
  ] as const)('has keys of $spec for $usage', ({ spec, usage }) => {
    expect(loadSeed({ keys: [{ id: ID, spec, usage }] })).toMatchObject([{ spec, usage }]);
  });

  test.for(FIXED)('has the material of a key of $spec', ({ spec, material }) => {
    const [key] = loadSeed({ keys: [{ id: ID, ...spec, dangerMaterial: material() }] });

    expect(key?.material?.reveal()).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });

  it('takes material on several lines', () => {
    const [first, second] = [MATERIAL.slice(0, 20), MATERIAL.slice(20)];
    using directory = new ConfigDirectory();
    directory.write(
      'seed.yaml',
      `keys:\n  - id: ${ID}\n    dangerMaterial: |\n      ${first}\n      ${second}\n`,
    );

    expect(directory.load(KMS).kms?.seed[0]?.material?.reveal()).toBe(MATERIAL);
  });

  it('is in the example with all that there is', () => {
    const [payroll, replicable, fixture, signing] = loadSeed(join(ROOT, 'config/kms-seed.example.yaml'));

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
    expect(signing).toMatchObject({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });
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
      problems: [`${before}:3, whose keys[0].dangerMaterial has 31 bytes; expected the Base64 of 32 bytes`],
    },
    {
      title: 'material that is no Base64',
      text: `keys:\n  - id: ${ID}\n    dangerMaterial: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=`,
      problems: [`${before}:3, whose keys[0].dangerMaterial is no Base64; expected the Base64 of 32 bytes`],
    },
    {
      title: 'material with other characters',
      text: `keys:\n  - id: ${ID}\n    dangerMaterial: not-base64`,
      problems: [`${before}:3, whose keys[0].dangerMaterial is a text; expected Base64`],
    },
    {
      title: 'an HMAC key that is longer than its MAC',
      text: `keys:\n  - id: ${ID}\n    spec: HMAC_224\n    dangerMaterial: ${MATERIAL}`,
      problems: [`${before}:4, whose keys[0].dangerMaterial has 32 bytes; expected the Base64 of 28 bytes`],
    },
    {
      title: 'bytes where a private key has to be',
      text: `keys:\n  - id: ${ID}\n    spec: ML_KEM_512\n    dangerMaterial: ${MATERIAL}`,
      problems: [
        `${before}:4, whose keys[0].dangerMaterial is another thing; expected the Base64 of a private key of ML_KEM_512, in PKCS#8 DER`,
      ],
    },
    {
      title: 'a private key of another spec',
      text: `keys:\n  - id: ${ID}\n    spec: ECC_NIST_P384\n    usage: SIGN_VERIFY\n    dangerMaterial: ${P256}`,
      problems: [
        `${before}:5, whose keys[0].dangerMaterial is another thing; expected the Base64 of a private key of ECC_NIST_P384, in PKCS#8 DER`,
      ],
    },
    {
      title: 'a spec that does not exist here',
      text: `keys:\n  - id: ${ID}\n    spec: SM2`,
      problems: [
        `${before}:3, whose keys[0].spec is "SM2"; expected one of SYMMETRIC_DEFAULT, RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, ECC_NIST_EDWARDS25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024, HMAC_224, HMAC_256, HMAC_384, HMAC_512`,
      ],
    },
    {
      title: 'a spec with several usages, and none of them',
      text: `keys:\n  - id: ${ID}\n    spec: RSA_2048`,
      problems: [
        `${before}:2, whose keys[0].usage is missing; expected one of ENCRYPT_DECRYPT, SIGN_VERIFY for a key of RSA_2048`,
      ],
    },
    {
      title: 'a usage that the spec has not',
      text: `keys:\n  - id: ${ID}\n    spec: RSA_2048\n    usage: KEY_AGREEMENT`,
      problems: [
        `${before}:4, whose keys[0].usage is KEY_AGREEMENT; expected one of ENCRYPT_DECRYPT, SIGN_VERIFY for a key of RSA_2048`,
      ],
    },
    {
      title: 'rotation of a key that does not rotate',
      text: `keys:\n  - id: ${ID}\n    spec: HMAC_256\n    rotationDays: 90`,
      problems: [
        `${before}:4, whose keys[0].rotationDays is set; expected nothing: only symmetric keys rotate; remove it`,
      ],
    },
    {
      title: 'a field that does not exist',
      text: `keys:\n  - id: ${ID}\n    aliasses: []`,
      problems: [
        `${before}:3, whose keys[0].aliasses is not a known field; expected one of id, account, region, spec, usage, aliases, description, policy, tags, enabled, rotationDays, dangerMaterial; did you mean aliases?`,
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
