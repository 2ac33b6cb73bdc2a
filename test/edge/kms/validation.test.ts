import { describe, expect, it, test } from 'vitest';
import { KMS_OPERATION_NAMES } from '../../../src/domain/kms/api/operations.ts';
import { MODEL } from '../../../src/edge/kms/model.ts';
import { KmsRig } from './rig.ts';

interface Refused {
  readonly what: string;
  readonly operation: string;
  readonly body: unknown;
  readonly told: string;
}

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const long = 'v'.repeat(257);
const one = (item: string): string => `400 ValidationException: 1 validation error detected: ${item}`;

describe('a request that breaks the constraints of the model', () => {
  test.for<Refused>([
    {
      what: 'a number above its range',
      operation: 'GenerateDataKey',
      body: { KeyId: KEY_ID, NumberOfBytes: 1025 },
      told: one(
        "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
      ),
    },
    {
      what: 'a number below its range',
      operation: 'GenerateRandom',
      body: { NumberOfBytes: 0 },
      told: one(
        "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ),
    },
    {
      what: 'a text within a list that is too long',
      operation: 'TagResource',
      body: { KeyId: KEY_ID, Tags: [{ TagKey: 'a', TagValue: long }] },
      told: one(
        `Value '${long}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`,
      ),
    },
    {
      what: 'an empty text',
      operation: 'DescribeKey',
      body: { KeyId: '' },
      told: one(
        "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
      ),
    },
    {
      what: 'a sensitive blob that is too long, without its value',
      operation: 'Encrypt',
      body: { KeyId: KEY_ID, Plaintext: Buffer.alloc(4097).toString('base64') },
      told: one(
        "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
      ),
    },
    {
      what: 'another blob that is empty',
      operation: 'Decrypt',
      body: { CiphertextBlob: '' },
      told: one(
        "Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at 'ciphertextBlob' failed to satisfy constraint: Member must have length greater than or equal to 1",
      ),
    },
    {
      what: 'a text of another form, which must match as a whole',
      operation: 'CreateAlias',
      body: { AliasName: 'alias/a b', TargetKeyId: KEY_ID },
      told: one(
        "Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
      ),
    },
    {
      what: 'a pattern without anchors, which must match as a whole, too',
      operation: 'GetKeyPolicy',
      body: { KeyId: KEY_ID, PolicyName: 'de fault' },
      told: one(
        "Value 'de fault' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+",
      ),
    },
    {
      what: 'white space of Unicode where the pattern allows that of ASCII',
      operation: 'ImportKeyMaterial',
      body: {
        KeyId: KEY_ID,
        ImportToken: 'AA==',
        EncryptedKeyMaterial: 'AA==',
        KeyMaterialDescription: 'a\u00a0b',
      },
      told: one(
        "Value 'a\u00a0b' at 'keyMaterialDescription' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_\\s.-]+$",
      ),
    },
    {
      what: 'a missing member',
      operation: 'DescribeKey',
      body: {},
      told: one("Value null at 'keyId' failed to satisfy constraint: Member must not be null"),
    },
    {
      what: 'a null where something must be',
      operation: 'DescribeKey',
      body: { KeyId: null },
      told: one("Value null at 'keyId' failed to satisfy constraint: Member must not be null"),
    },
    {
      what: 'too many members of a list',
      operation: 'DescribeKey',
      body: { KeyId: KEY_ID, GrantTokens: Array.from('abcdefghijk') },
      told: one(
        "Value '[a, b, c, d, e, f, g, h, i, j, k]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10",
      ),
    },
    {
      what: 'everything at once',
      operation: 'GenerateDataKey',
      body: { KeyId: '', NumberOfBytes: 1025 },
      told: "400 ValidationException: 2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    },
  ])('is told: $what', async ({ operation, body, told }) => {
    const rig = new KmsRig();
    expect(await rig.told({ operation, body })).toBe(told);
    expect(rig.runs).toEqual([]);
  });

  it('is told the values that there are', async () => {
    const rig = new KmsRig();
    const body = { KeyId: KEY_ID, Message: 'AA==', MacAlgorithm: 'INVALID' };
    const told = await rig.told({ operation: 'GenerateMac', body });
    const [, before, values = ''] = /^(.*)\[(.*)\]$/.exec(told) ?? [];
    expect(before).toBe(
      one(
        "Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: ",
      ),
    );
    expect(values.split(', ').sort()).toEqual([
      'HMAC_SHA_224',
      'HMAC_SHA_256',
      'HMAC_SHA_384',
      'HMAC_SHA_512',
    ]);
  });

  it('leaves no value in the log', async () => {
    const rig = new KmsRig();
    await rig.ask({
      operation: 'CreateAlias',
      body: { AliasName: 'alias/not for the log', TargetKeyId: '' },
    });
    expect(rig.lastLine()).toMatchObject({
      errorName: 'ValidationException',
      members: ['aliasName', 'targetKeyId'],
    });
    expect(JSON.stringify(rig.lines)).not.toContain('not for the log');
  });

  it('gets an answer that does not grow with its number of mistakes', async () => {
    const Tags = Array.from({ length: 5_000 }, () => ({ TagKey: '', TagValue: '' }));
    const { body } = await new KmsRig().ask({ operation: 'TagResource', body: { KeyId: KEY_ID, Tags } });
    expect(body).toContain('100 validation errors detected');
    expect(body.length).toBeLessThan(20_000);
  });
});

describe('a request of other types than the model has', () => {
  test.for<Omit<Refused, 'told'>>([
    { what: 'a number as text', operation: 'DescribeKey', body: { KeyId: 1 } },
    { what: 'a text as number', operation: 'GenerateRandom', body: { NumberOfBytes: '1' } },
    { what: 'a fraction as integer', operation: 'GenerateRandom', body: { NumberOfBytes: 1.5 } },
    { what: 'more than 32 bits', operation: 'GenerateRandom', body: { NumberOfBytes: 2 ** 32 + 1 } },
    { what: 'a number beyond all', operation: 'GenerateRandom', body: '{"NumberOfBytes":1e400}' },
    { what: 'a text as boolean', operation: 'CreateKey', body: { MultiRegion: 'true' } },
    { what: 'a text as list', operation: 'CreateKey', body: { Tags: 'a' } },
    { what: 'a list as structure', operation: 'CreateKey', body: { Tags: [[]] } },
    {
      what: 'a list as map',
      operation: 'Encrypt',
      body: { KeyId: KEY_ID, Plaintext: 'AA==', EncryptionContext: [] },
    },
    {
      what: 'a number in a map',
      operation: 'Decrypt',
      body: { CiphertextBlob: 'AA==', EncryptionContext: { a: 1 } },
    },
    {
      what: 'a text as time',
      operation: 'ImportKeyMaterial',
      body: { KeyId: KEY_ID, ImportToken: 'AA==', EncryptedKeyMaterial: 'AA==', ValidTo: '2026' },
    },
    { what: 'Base64 without padding', operation: 'Decrypt', body: { CiphertextBlob: 'AA' } },
    { what: 'Base64 of the URL-safe alphabet', operation: 'Decrypt', body: { CiphertextBlob: '_w==' } },
    { what: 'half a surrogate pair', operation: 'CreateKey', body: '{"Description":"\\ud83d"}' },
    {
      what: 'bytes that are no UTF-8',
      operation: 'CreateKey',
      body: Buffer.from('{"Description":"\xff"}', 'latin1'),
    },
    { what: 'JSON that ends too early', operation: 'CreateKey', body: '{"Description":"' },
    { what: 'a list as request', operation: 'CreateKey', body: '[]' },
    { what: 'null as request', operation: 'CreateKey', body: 'null' },
    {
      what: 'nesting without end',
      operation: 'CreateKey',
      body: `{"Description":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    },
  ])('is a SerializationException: $what', async ({ operation, body }) => {
    const rig = new KmsRig();
    expect(await rig.told({ operation, body })).toMatch(/^400 SerializationException/);
    expect(rig.runs).toEqual([]);
  });

  it('is not quoted', async () => {
    const rig = new KmsRig();
    const bodies = [
      '{"Plaintext":"hush hush',
      { KeyId: KEY_ID, Plaintext: 'hush hush' },
      { Plaintext: { hush: 'hush' } },
    ];
    for (const body of bodies) {
      expect((await rig.ask({ operation: 'Encrypt', body })).body).not.toContain('hush');
    }
    expect(JSON.stringify(rig.lines)).not.toContain('hush');
  });
});

describe('a request that the model allows', () => {
  it('reaches the engine with times in milliseconds and bytes', async () => {
    const rig = new KmsRig();
    const body =
      '{"KeyId":"k","ImportToken":"AQI=","EncryptedKeyMaterial":"/w==","ValidTo":1.597883518193E9}';
    expect(await rig.told({ operation: 'ImportKeyMaterial', body })).toBe('200');
    expect(rig.input).toEqual({
      keyId: 'k',
      importToken: Buffer.from([1, 2]),
      encryptedKeyMaterial: Buffer.from([255]),
      validTo: 1_597_883_518_193,
    });
  });

  it('may leave out, or set to null, what is not required, and hold what the model does not know', async () => {
    const rig = new KmsRig();
    const body = '{"Limit":null,"Unknown":{"a":[1]},"__proto__":{"marker":"x"},"constructor":1}';
    expect(await rig.told({ operation: 'ListKeys', body })).toBe('200');
    expect(rig.input).toEqual({});
  });

  it('may name entries of an encryption context as it likes', async () => {
    const rig = new KmsRig();
    const body = '{"CiphertextBlob":"AA==","EncryptionContext":{"__proto__":"a","constructor":"b","":"c"}}';
    expect(await rig.told({ operation: 'Decrypt', body })).toBe('200');
    const { encryptionContext } = rig.input as { encryptionContext: Record<string, string> };
    expect(Object.entries(encryptionContext)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['', 'c'],
    ]);
  });

  it('counts of a member that comes twice the last', async () => {
    const rig = new KmsRig();
    await rig.ask({ operation: 'DescribeKey', body: '{"KeyId":"a","KeyId":"b"}' });
    expect(rig.input).toEqual({ keyId: 'b' });
  });
});

describe('the table of operations', () => {
  it('is the one of the API', () => {
    expect(Object.keys(MODEL.operations).sort()).toEqual([...KMS_OPERATION_NAMES].sort());
  });
});
