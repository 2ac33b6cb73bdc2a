/**
 * The derived-key AEAD as docs/aead.md describes it, in software over a key that is known. Written from that
 * page, with nothing of the code under test: what a token makes must be what comes out here, byte for byte. CMAC
 * and CBC-MAC are built from AES blocks (SP 800-38B; FIPS 113).
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';

export type ModelScheme = 'hmac' | 'cmac' | 'cbc-mac';

export const MODEL_SCHEMES: readonly ModelScheme[] = ['hmac', 'cmac', 'cbc-mac'];

/** A key of the token, the role in which it is used, and what is chosen for one message. */
export interface ModelDerivation {
  readonly scheme: ModelScheme;
  /** The key that a token would hold. */
  readonly key: Uint8Array;
  readonly externalKeyId: string;
  readonly generation: number;
  readonly nonce: Uint8Array;
  readonly iv: Uint8Array;
}

/** Every value on the way to a message key. */
export interface DerivedInModel {
  readonly bindingInput: Buffer;
  readonly binding: Buffer;
  readonly fixedInput: Buffer;
  /** SHA-256 of the fixed input, for `cbc-mac`. */
  readonly fixedInputDigest: Buffer | undefined;
  readonly prfInputs: readonly Buffer[];
  readonly prfOutputs: readonly Buffer[];
  readonly messageKey: Buffer;
}

export interface ModelSealed {
  readonly metadata: Buffer;
  readonly aad: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

export function deriveInModel(derivation: ModelDerivation): DerivedInModel {
  const { scheme, key, externalKeyId, generation, nonce, iv } = derivation;
  const bindingInput = Buffer.concat([
    Buffer.from(externalKeyId, 'ascii'),
    bigEndian(generation, 2),
    Buffer.from([NUMBERS[scheme]]),
  ]);
  const binding = sha256(bindingInput);
  const fixedInput = Buffer.concat([LABEL, Buffer.from([0]), binding, nonce, iv, bigEndian(256, 4)]);
  const fixedInputDigest = scheme === 'cbc-mac' ? sha256(fixedInput) : undefined;
  const prfInputs = (scheme === 'hmac' ? [1] : [1, 2]).map((index) =>
    fixedInputDigest === undefined
      ? Buffer.concat([bigEndian(index, 4), fixedInput])
      : Buffer.concat([bigEndian(index, 4), LABEL, Buffer.alloc(2), fixedInputDigest]),
  );
  const prfOutputs = prfInputs.map((input) => prfInModel(scheme, key, input));
  const messageKey = Buffer.concat(prfOutputs);
  return { bindingInput, binding, fixedInput, fixedInputDigest, prfInputs, prfOutputs, messageKey };
}

export function metadataInModel(scheme: ModelScheme, generation: number, nonce: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([1, NUMBERS[scheme]]), bigEndian(generation, 2), nonce]);
}

/** Absent and empty data are the same. */
export function aadInModel(callerAad: Uint8Array, metadata: Uint8Array): Buffer {
  return Buffer.concat([bigEndian(callerAad.length, 2), callerAad, bigEndian(metadata.length, 1), metadata]);
}

export function sealInModel(
  derivation: ModelDerivation,
  plaintext: Uint8Array,
  callerAad: Uint8Array,
): ModelSealed {
  const metadata = metadataInModel(derivation.scheme, derivation.generation, derivation.nonce);
  const aad = aadInModel(callerAad, metadata);
  const cipher = createCipheriv('aes-256-gcm', deriveInModel(derivation).messageKey, derivation.iv);
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { metadata, aad, ciphertext, tag: cipher.getAuthTag() };
}

/** The plaintext, or undefined when it does not authenticate. */
export function openInModel(
  derivation: ModelDerivation,
  { aad, ciphertext, tag }: Omit<ModelSealed, 'metadata'>,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', deriveInModel(derivation).messageKey, derivation.iv);
  decipher.setAAD(aad).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** 6 hex digits. */
export function checkValueInModel(scheme: ModelScheme, key: Uint8Array): string {
  const zeros = Buffer.alloc(16);
  const value = scheme === 'cbc-mac' ? aesBlock(key, zeros) : prfInModel(scheme, key, zeros);
  return value.subarray(0, 3).toString('hex');
}

function prfInModel(scheme: ModelScheme, key: Uint8Array, input: Uint8Array): Buffer {
  switch (scheme) {
    case 'hmac':
      return createHmac('sha256', key).update(input).digest();
    case 'cmac':
      return cmac(key, input);
    case 'cbc-mac':
      return chain(key, blocksOf(input));
  }
}

/** SP 800-38B, section 6.2. */
export function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const first = doubled(aesBlock(key, Buffer.alloc(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole
    ? Buffer.from(message)
    : Buffer.concat([message, Buffer.from([0x80]), Buffer.alloc(15 - (message.length % 16))]);
  const blocks = blocksOf(padded);
  const last = blocks.pop() ?? Buffer.alloc(16);
  return chain(key, [...blocks, xor(last, whole ? first : doubled(first))]);
}

/** CBC from a zero block; the last one is what is left. */
function chain(key: Uint8Array, blocks: readonly Buffer[]): Buffer {
  return blocks.reduce((state, block) => aesBlock(key, xor(state, block)), Buffer.alloc(16));
}

function aesBlock(key: Uint8Array, block: Uint8Array): Buffer {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block);
}

/** Times x in GF(2^128), as SP 800-38B has it. */
function doubled(block: Buffer): Buffer {
  const value = BigInt(`0x${block.toString('hex')}`) << 1n;
  const reduced = value >> 128n === 0n ? value : (value & ((1n << 128n) - 1n)) ^ 0x87n;
  return Buffer.from(reduced.toString(16).padStart(32, '0'), 'hex');
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

function blocksOf(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes);
  return Array.from({ length: buffer.length / 16 }, (_, index) =>
    buffer.subarray(index * 16, index * 16 + 16),
  );
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function bigEndian(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

const LABEL = Buffer.from('xks-aead/1', 'ascii');
const NUMBERS: Readonly<Record<ModelScheme, number>> = { cmac: 2, hmac: 3, 'cbc-mac': 4 };
