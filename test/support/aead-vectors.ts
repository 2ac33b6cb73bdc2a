/**
 * The test vectors of docs/vectors/xks-aead.json, made by the software model from inputs that anybody can make
 * again: SHA-256 over names. What must be refused stands beside what must come out.
 */
import { createHash } from 'node:crypto';
import {
  aadInModel,
  checkValueInModel,
  deriveInModel,
  MODEL_SCHEMES,
  type ModelScheme,
  metadataInModel,
  sealInModel,
} from './aead-model.ts';

export interface ValidVector extends Received {
  readonly name: string;
  readonly keyCheckValue: string;
  readonly nonce: string;
  readonly derivation: Readonly<Record<string, string | readonly string[]>>;
  readonly gcmAad: string;
  readonly plaintext: string;
}

export interface InvalidVector extends Received {
  readonly name: string;
}

/** What stands at the receiving end: the key map entry, and what came with the ciphertext. Bytes are in hex. */
export interface Received {
  readonly scheme: ModelScheme;
  readonly key: string;
  readonly externalKeyId: string;
  readonly generation: number;
  readonly iv: string;
  readonly additionalAuthenticatedData: string;
  readonly ciphertextMetadata: string;
  readonly ciphertext: string;
  readonly authenticationTag: string;
}

export interface AeadVectors {
  readonly name: string;
  readonly description: string;
  readonly origin: string;
  readonly valid: readonly ValidVector[];
  readonly invalid: readonly InvalidVector[];
}

export function makeVectors(): AeadVectors {
  const valid = MODEL_SCHEMES.flatMap((scheme) => casesOf(scheme).map((each) => validVector(scheme, each)));
  return {
    name: 'xks-aead/1',
    description:
      'Bytes in hex; docs/aead.md has the meaning of every field. Of "valid", sealing with this nonce and IV gives these metadata, ciphertext and tag, and opening them gives the plaintext. Each of "invalid" must be refused.',
    origin:
      'Made by a software model in this project, under its license (Apache-2.0). Keys, nonces, IVs and texts are SHA-256 over a name and a counter; they protect nothing.',
    valid,
    invalid: valid.filter(({ name }) => name.endsWith(BASE_OF_INVALID)).flatMap(invalidVectors),
  };
}

interface Case {
  readonly name: string;
  readonly externalKeyId: string;
  readonly generation: number;
  readonly plaintextBytes: number;
  readonly aadBytes: number;
  /** 32 unless given. */
  readonly keyBytes?: number;
}

/** HMAC keys may be longer, up to a block of SHA-256 and beyond. */
function casesOf(scheme: ModelScheme): readonly Case[] {
  return scheme === 'hmac' ? [...CASES, ...LONG_KEYS] : CASES;
}

function validVector(scheme: ModelScheme, { name, keyBytes = 32, ...rest }: Case): ValidVector {
  const title = `${scheme}: ${name}`;
  const key = expand(keyBytes === 32 ? `${scheme}: key` : `${title}: key`, keyBytes);
  const { externalKeyId, generation } = rest;
  const nonce = expand(`${title}: nonce`, 16);
  const iv = expand(`${title}: iv`, 12);
  const plaintext = expand(`${title}: plaintext`, rest.plaintextBytes);
  const callerAad = expand(`${title}: aad`, rest.aadBytes);
  const derivation = { scheme, key, externalKeyId, generation, nonce, iv };
  const derived = deriveInModel(derivation);
  const sealed = sealInModel(derivation, plaintext, callerAad);
  return {
    name: title,
    scheme,
    key: hex(key),
    keyCheckValue: checkValueInModel(scheme, key),
    externalKeyId,
    generation,
    nonce: hex(nonce),
    iv: hex(iv),
    derivation: {
      bindingInput: hex(derived.bindingInput),
      binding: hex(derived.binding),
      fixedInput: hex(derived.fixedInput),
      ...(derived.fixedInputDigest && { fixedInputDigest: hex(derived.fixedInputDigest) }),
      prfInputs: derived.prfInputs.map(hex),
      prfOutputs: derived.prfOutputs.map(hex),
      messageKey: hex(derived.messageKey),
    },
    additionalAuthenticatedData: hex(callerAad),
    ciphertextMetadata: hex(sealed.metadata),
    gcmAad: hex(sealed.aad),
    plaintext: hex(plaintext),
    ciphertext: hex(sealed.ciphertext),
    authenticationTag: hex(sealed.tag),
  };
}

/** One change of a valid vector each. */
function invalidVectors(valid: ValidVector): InvalidVector[] {
  const { scheme, key, externalKeyId, generation, iv, ciphertext, authenticationTag } = valid;
  const { additionalAuthenticatedData, ciphertextMetadata } = valid;
  const received: Received = {
    scheme,
    key,
    externalKeyId,
    generation,
    iv,
    additionalAuthenticatedData,
    ciphertextMetadata,
    ciphertext,
    authenticationTag,
  };
  const nonce = Buffer.from(valid.nonce, 'hex');
  const rewritten = (number: number) => hex(metadataInModel(scheme, number, nonce));
  const nextScheme = MODEL_SCHEMES[(MODEL_SCHEMES.indexOf(scheme) + 1) % MODEL_SCHEMES.length] ?? scheme;
  const withHead = (head: string) => head + ciphertextMetadata.slice(head.length);
  const changes: readonly (readonly [name: string, change: Partial<Received>])[] = [
    ['a bit of the ciphertext flipped', { ciphertext: flipped(ciphertext) }],
    ['the ciphertext cut by a byte', { ciphertext: ciphertext.slice(2) }],
    ['a bit of the tag flipped', { authenticationTag: flipped(authenticationTag) }],
    ['the tag cut by a byte', { authenticationTag: authenticationTag.slice(2) }],
    ['a bit of the IV flipped', { iv: flipped(iv) }],
    ['an IV of 16 bytes', { iv: `${iv}00000000` }],
    ['a bit of the AAD flipped', { additionalAuthenticatedData: flipped(additionalAuthenticatedData) }],
    ['no AAD', { additionalAuthenticatedData: '' }],
    ['a bit of the nonce flipped', { ciphertextMetadata: flipped(ciphertextMetadata) }],
    ['version 0', { ciphertextMetadata: withHead('00') }],
    ['version 2', { ciphertextMetadata: withHead('02') }],
    ['the scheme of native GCM', { ciphertextMetadata: withHead('0101') }],
    ['a scheme of nobody', { ciphertextMetadata: withHead('01ff') }],
    [
      'the scheme of another key',
      { ciphertextMetadata: hex(metadataInModel(nextScheme, generation, nonce)) },
    ],
    ['another generation in the metadata', { ciphertextMetadata: rewritten(generation + 1) }],
    ['another generation of the key', { generation: generation + 1 }],
    [
      'another generation of both',
      { generation: generation + 1, ciphertextMetadata: rewritten(generation + 1) },
    ],
    ['another external key id', { externalKeyId: `${externalKeyId}x` }],
    ['another key', { key: flipped(key) }],
    ['no metadata', { ciphertextMetadata: '' }],
    ['metadata without a nonce', { ciphertextMetadata: ciphertextMetadata.slice(0, 8) }],
    ['metadata of 19 bytes', { ciphertextMetadata: ciphertextMetadata.slice(0, 38) }],
    ['metadata of 21 bytes', { ciphertextMetadata: `${ciphertextMetadata}00` }],
  ];
  return changes.map(([name, change]) => ({ name: `${scheme}: ${name}`, ...received, ...change }));
}

/** The GCM AAD that belongs to what was received. */
export function gcmAadOf({ additionalAuthenticatedData, ciphertextMetadata }: Received): Buffer {
  return aadInModel(Buffer.from(additionalAuthenticatedData, 'hex'), Buffer.from(ciphertextMetadata, 'hex'));
}

/** The last bit of all. */
function flipped(text: string): string {
  const bytes = Buffer.from(text, 'hex');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return hex(bytes);
}

function expand(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`xks-aead/1 test vectors / ${name} / ${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const BASE_OF_INVALID = ': a text';
const EVERY_CHARACTER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-';
const CASES: readonly Case[] = [
  { name: 'nothing', externalKeyId: 'foo', generation: 0, plaintextBytes: 0, aadBytes: 0 },
  { name: 'a text', externalKeyId: 'orders-2027', generation: 1, plaintextBytes: 32, aadBytes: 20 },
  { name: 'the last generation', externalKeyId: '-', generation: 65_535, plaintextBytes: 1, aadBytes: 0 },
  {
    name: 'the longest id',
    externalKeyId: EVERY_CHARACTER.padEnd(128, 'x'),
    generation: 256,
    plaintextBytes: 0,
    aadBytes: 15,
  },
  { name: 'the largest', externalKeyId: 'foo', generation: 0, plaintextBytes: 4_300, aadBytes: 8_192 },
];
const LONG_KEYS: readonly Case[] = [
  {
    name: 'a key of 64 bytes',
    externalKeyId: 'foo',
    generation: 0,
    plaintextBytes: 16,
    aadBytes: 0,
    keyBytes: 64,
  },
  {
    name: 'a key of 65 bytes',
    externalKeyId: 'foo',
    generation: 0,
    plaintextBytes: 16,
    aadBytes: 0,
    keyBytes: 65,
  },
];
