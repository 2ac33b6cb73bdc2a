/**
 * Random requests of the KMS API, made from its model: most are nearly right, so that they get far, and each can be
 * wrong anywhere. Requests are JSON texts, not values, since much of what is wrong with JSON has no value.
 */
import { KMS_OPERATION_NAMES } from '../../src/domain/kms/api/operations.ts';
import { MODEL, type Shape, shapeOf } from '../../src/edge/kms/model.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What the target knows already, so that requests can meet it. */
export interface KnownThings {
  /** Ids, ARNs and aliases of keys. */
  readonly keyIds: readonly string[];
  readonly ciphertexts: readonly Uint8Array[];
  /** SubjectPublicKeyInfo. */
  readonly publicKeys: readonly Uint8Array[];
}

export interface FuzzedRequest {
  readonly target: string;
  readonly body: Buffer;
}

/** In every sensitive member and in much that stands in its place: nothing but a successful answer may hold it. */
export const CANARY = 'Canary-4f1d9c0b-in-the-coal-mine';

export function fuzzedRequest(random: SeededRandom, known: KnownThings): FuzzedRequest {
  const operation = random.pick(KMS_OPERATION_NAMES);
  const input = shapeOf({ shape: MODEL.operations[operation]?.input as string });
  const maker = new RequestMaker(random, known, random.pick(FAULT_RATES));
  const body = Buffer.from(maker.structure(input));
  return {
    target: random.chance(0.01) ? random.pick(TARGETS) : `TrentService.${operation}`,
    body: random.chance(0.06) ? damaged(body, random) : body,
  };
}

class RequestMaker {
  readonly #random: SeededRandom;
  readonly #known: KnownThings;
  /** How often a value is not what it should be. */
  readonly #faultRate: number;

  constructor(random: SeededRandom, known: KnownThings, faultRate: number) {
    this.#random = random;
    this.#known = known;
    this.#faultRate = faultRate;
  }

  structure({ members = {}, required = [] }: Shape): string {
    const random = this.#random;
    const texts: string[] = [];
    for (const [name, reference] of Object.entries(members)) {
      const share = required.includes(name) ? 1 - this.#faultRate / 2 : 0.3;
      if (!random.chance(share)) continue;
      texts.push(`${JSON.stringify(name)}:${this.#value(name, shapeOf(reference))}`);
      if (random.chance(this.#faultRate / 4))
        texts.push(`${JSON.stringify(name)}:${this.#value(name, shapeOf(reference))}`);
    }
    if (random.chance(0.1)) texts.push(`${random.pick(STRANGE_NAMES)}:${random.pick(WRONG_VALUES)(random)}`);
    return `{${texts.join(',')}}`;
  }

  #value(name: string, shape: Shape): string {
    if (this.#wrong())
      return shape.sensitive ? this.#random.pick(MISPLACED) : this.#random.pick(WRONG_VALUES)(this.#random);
    return this.#makers[shape.type](name, shape);
  }

  readonly #makers: Readonly<Record<Shape['type'], (name: string, shape: Shape) => string>> = {
    structure: (_, shape) => this.structure(shape),
    list: (name, shape) => this.#list(name, shape),
    map: () => this.#map(),
    string: (name, shape) => JSON.stringify(this.#text(name, shape)),
    blob: (name, shape) => `"${this.#bytes(name, shape).toString('base64')}"`,
    integer: (_, shape) => String(this.#integer(shape)),
    boolean: () => this.#random.pick(['true', 'false', 'false', 'false']),
    timestamp: () =>
      this.#random.pick(['0', '1767323045.678', '1.8E9', '4e9', '-1', '1e-9', '8.64e12', '8.65e12']),
  };

  #list(name: string, shape: Shape): string {
    const most = shape.max ?? 3;
    const count = this.#wrong() ? this.#random.pick([0, most, most + 1, 60]) : this.#random.integer(4);
    const member = shapeOf(shape.member);
    return `[${Array.from({ length: count }, () => this.#value(name, member)).join(',')}]`;
  }

  #map(): string {
    const count = this.#wrong() ? this.#random.pick([0, 9, 300]) : this.#random.integer(3);
    const entries = Array.from({ length: count }, (_, at) => {
      const key = this.#wrong() ? this.#random.pick(STRANGE_NAMES) : `"key${at}"`;
      return `${key}:${this.#wrong() ? this.#random.pick(WRONG_VALUES)(this.#random) : `"value${at}"`}`;
    });
    return `{${entries.join(',')}}`;
  }

  #text(name: string, shape: Shape): string {
    const random = this.#random;
    if (shape.enum !== undefined) {
      const usual = USUAL_VALUES.find((value) => shape.enum?.includes(value));
      if (random.chance(0.6) && usual !== undefined) return usual;
      const value = random.pick(shape.enum);
      return SLOW_VALUES.has(value) && random.chance(0.9) ? random.pick(shape.enum) : value;
    }
    const sample = SAMPLES[name];
    if (KEY_NAMES.has(name) && random.chance(0.9)) return random.pick(this.#known.keyIds);
    if (sample !== undefined && !this.#wrong()) return random.pick(sample);
    if (this.#wrong()) return random.pick(STRANGE_TEXTS);
    return 'a'.repeat(this.#length(shape, 64));
  }

  #bytes(name: string, shape: Shape): Buffer {
    if (shape.sensitive)
      return Buffer.from(CANARY.repeat(200)).subarray(0, this.#length(shape, CANARY.length));
    const known = KNOWN_BYTES[name];
    if (known !== undefined && this.#random.chance(0.8)) {
      const blob = Buffer.from(this.#random.pick(this.#known[known]));
      if (this.#wrong()) blob[this.#random.integer(blob.length)] = this.#random.integer(256);
      return this.#wrong() ? blob.subarray(0, this.#random.integer(blob.length + 1)) : blob;
    }
    return this.#random.bytes(this.#length(shape, 32));
  }

  #length({ min = 0, max = 256 }: Shape, usual: number): number {
    const fitting = Math.min(Math.max(usual, min), max);
    return this.#wrong() ? Math.max(0, this.#random.pick([min - 1, min, max, max + 1])) : fitting;
  }

  #integer({ min = 0, max = 1000 }: Shape): number {
    if (this.#wrong()) return this.#random.pick([min - 1, min, max, max + 1, 0, -1, 2 ** 31 - 1, -(2 ** 31)]);
    return min + this.#random.integer(Math.min(30, max - min + 1));
  }

  #wrong(): boolean {
    return this.#random.chance(this.#faultRate);
  }
}

/** Bytes changed, cut, doubled; not text any more. */
function damaged(body: Buffer, random: SeededRandom): Buffer {
  const at = random.integer(body.length + 1);
  const inserted = Buffer.from(random.pick(DAMAGE));
  const cut = random.pick([0, 0, 1, 2, body.length]);
  return Buffer.concat([body.subarray(0, at), inserted, body.subarray(at + cut)]);
}

/** A third of the requests have no fault, others one or two, some little else. */
const FAULT_RATES = [0, 0.02, 0.05, 0.05, 0.3];
const KEY_NAMES = new Set(['KeyId', 'SourceKeyId', 'DestinationKeyId', 'TargetKeyId']);
const KNOWN_BYTES: Readonly<Record<string, 'ciphertexts' | 'publicKeys'>> = {
  CiphertextBlob: 'ciphertexts',
  SharedSecretCiphertextBlob: 'ciphertexts',
  PublicKey: 'publicKeys',
};
const USUAL_VALUES = ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'AWS_KMS', 'ECC_NIST_P256'];
/** Keys that take so long to make that there would be few requests otherwise. */
const SLOW_VALUES: ReadonlySet<string> = new Set(['RSA_3072', 'RSA_4096']);
const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}';
/** For members whose form the engine looks at. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  AliasName: ['alias/fuzz', 'alias/fuzz-2', 'alias/aws/x', 'fuzz', 'alias/', 'alias/a:b'],
  Policy: [POLICY, '{}', '[', `[${'['.repeat(10_000)}`, '{"Statement":[{"__proto__":1}]}'],
  PolicyName: ['default', 'other'],
  Marker: ['x', 'AAAA', '%00', ' '],
  TagKey: ['team', 'aws:x', '__proto__', 'AWS:y'],
  TagKeys: ['team', '__proto__'],
  KeyMaterialId: ['a'.repeat(64), '0'.repeat(64)],
};
const STRANGE_TEXTS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  '\u0000',
  '\u2028',
  'é',
  '\u{1f511}',
  '\ud83d',
  'x'.repeat(9_000),
  'arn:aws:kms:eu-central-1:111122223333:key/',
  'arn:aws:kms:eu-central-1:111122223333:alias/none',
  'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  'arn:::::',
  '../../etc/passwd',
  "'; drop table records; --",
  '{{7*7}}%s%n',
];
const STRANGE_NAMES = [
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"hasOwnProperty"',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"keyid"',
  '"Key\\u0049d"',
];
const WRONG_VALUES: readonly ((random: SeededRandom) => string)[] = [
  () => 'null',
  () => 'true',
  () => '""',
  () => '"AA"',
  () => '"AAA_"',
  () => '"\\ud800"',
  () => '0',
  () => '-0',
  () => '1.5',
  () => '1e400',
  () => '-1e308',
  () => '9'.repeat(400),
  () => '4294967296',
  () => '[]',
  () => '{}',
  () => '[null]',
  () => '[[1]]',
  () => '{"__proto__":{"polluted":"yes"}}',
  () => '{"a":null}',
  (random) => nested('[', ']', random),
  (random) => nested('{"a":', '}', random),
];
/** Plaintext of a wrong type, or nearly encoded. */
const MISPLACED = [
  JSON.stringify(CANARY),
  JSON.stringify([CANARY]),
  JSON.stringify({ [CANARY]: CANARY }),
  JSON.stringify(`${Buffer.from(CANARY).toString('base64')}*`),
  '1',
  'null',
];
const DAMAGE = [
  '',
  '"',
  '}',
  ',',
  '\\',
  '\\u12',
  '\ufeff',
  ...[[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90], [0]],
].map((piece) => Buffer.from(piece as never));
const TARGETS = [
  '',
  'TrentService.',
  'TrentService.__proto__',
  'TrentService.constructor',
  'trentservice.encrypt',
  'DynamoDB_20120810.ListTables',
  'TrentService.Encrypt.',
];

function nested(open: string, close: string, random: SeededRandom): string {
  const depth = random.pick([2, 50, 50, 50, 20_000]);
  return open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth);
}
