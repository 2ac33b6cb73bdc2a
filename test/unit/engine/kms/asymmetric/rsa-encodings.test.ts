/** Encodings that only the holder of the private key can make, and that are still not those of RFC 8017. */
import { constants, createHash, privateEncrypt, publicDecrypt, sign } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { findAlgorithm, type SignatureRow } from '../../../../../src/domain/key/algorithms.ts';
import { isSignature } from '../../../../../src/engine/kms/signature/is-signature.ts';
import { type KeyPair, newKeyPair, spkiOf } from './key-pairs.ts';

const MESSAGE = Buffer.from('attack at dawn');
const MODULUS_BYTES = 256;
/** DigestInfo of SHA-256 before its digest: RFC 8017, 9.2, note 1. */
const SHA_256_INFO = '3031300d060960864801650304020105000420';
/** The same without the NULL of its parameters. */
const SHA_256_INFO_WITHOUT_NULL = '302f300b06096086480165030402010420';
/** Numbers of 2 048 bits above its modulus are easily found. */
const PAIR = keyPairWithRoom();

describe('PKCS #1 v1.5', () => {
  test.for([
    { what: 'its one encoding', block: encoding({}), valid: true },
    { what: 'a digest without algorithm', block: encoding({ info: '' }), valid: false },
    { what: 'parameters left out', block: encoding({ info: SHA_256_INFO_WITHOUT_NULL }), valid: false },
    { what: 'the padding of encryption', block: encoding({ type: 2 }), valid: false },
    { what: 'the padding of nothing', block: encoding({ type: 0 }), valid: false },
    { what: 'a first byte that is not zero', block: encoding({ first: 1 }), valid: false },
    { what: 'a byte of padding that is not FF', block: encoding({}).fill(0xfe, 9, 10), valid: false },
    { what: 'a byte after the digest', block: encoding({ after: Buffer.alloc(1) }), valid: false },
    {
      what: 'eight bytes of padding, the digest, and what an attacker likes',
      block: encoding({ after: Buffer.alloc(MODULUS_BYTES - 11 - 19 - 32, 0x5a) }),
      valid: false,
    },
  ])('with $what is valid: $valid', async ({ block, valid }) => {
    expect(block).toHaveLength(MODULUS_BYTES);
    expect(await isValid('RSASSA_PKCS1_V1_5_SHA_256', lowered(block))).toBe(valid);
  });

  it('is a number below the modulus', async () => {
    const { signature, message } = smallSignature();
    const sum = plusModulus(signature);
    expect(sum).toHaveLength(MODULUS_BYTES);
    expect(await isValid('RSASSA_PKCS1_V1_5_SHA_256', signature, message)).toBe(true);
    expect(await isValid('RSASSA_PKCS1_V1_5_SHA_256', sum, message)).toBe(false);
    expect(await isValid('RSASSA_PKCS1_V1_5_SHA_256', modulus())).toBe(false);
  });
});

describe('PSS', () => {
  test.for([
    { saltLength: 32, valid: true },
    { saltLength: 0, valid: false },
    { saltLength: 20, valid: false },
    { saltLength: 31, valid: false },
    { saltLength: 33, valid: false },
    { saltLength: MODULUS_BYTES - 32 - 2, valid: false },
  ])('with a salt of $saltLength bytes is valid: $valid', async ({ saltLength, valid }) => {
    expect(await isValid('RSASSA_PSS_SHA_256', pss(saltLength))).toBe(valid);
  });

  test.for([
    { what: 'that is whole', at: 0, bit: 0, valid: true },
    { what: 'with its highest bit set', at: 0, bit: 0x80, valid: false },
    { what: 'with a bit of its padding set', at: 3, bit: 1, valid: false },
    { what: 'with another separator before the salt', at: 190, bit: 2, valid: false },
    { what: 'with another salt', at: 222, bit: 1, valid: false },
    { what: 'with another hash', at: 230, bit: 1, valid: false },
    { what: 'with another trailer', at: 255, bit: 0x80, valid: false },
  ])('of a block $what is valid: $valid', async ({ at, bit, valid }) => {
    const block = lowBlock();
    block.writeUInt8(block.readUInt8(at) ^ bit, at);
    expect(await isValid('RSASSA_PSS_SHA_256', lowered(block))).toBe(valid);
  });
});

function isValid(algorithm: string, signature: Uint8Array, message: Uint8Array = MESSAGE): Promise<boolean> {
  const row = findAlgorithm({ spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, algorithm) as SignatureRow;
  return isSignature(signature, row, { message }, { spki: spkiOf(PAIR), key: PAIR.publicKey });
}

/** RFC 8017, 9.2, with any part of it changed. */
function encoding({
  first = 0,
  type = 1,
  info = SHA_256_INFO,
  after = Buffer.alloc(0),
}: {
  readonly first?: number;
  readonly type?: number;
  readonly info?: string;
  readonly after?: Buffer;
}): Buffer {
  const digest = createHash('sha256').update(MESSAGE).digest();
  const end = Buffer.concat([Uint8Array.of(0), Buffer.from(info, 'hex'), digest, after]);
  const padding = Buffer.alloc(MODULUS_BYTES - 2 - end.length, 0xff);
  return Buffer.concat([Uint8Array.of(first, type), padding, end]);
}

function pss(saltLength: number): Buffer {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign('sha256', MESSAGE, { key: PAIR.privateKey, padding, saltLength });
}

/** The block of a PSS signature that stays below the modulus with its highest bit set. */
function lowBlock(): Buffer {
  const padding = constants.RSA_NO_PADDING;
  for (;;) {
    const block = publicDecrypt({ key: PAIR.publicKey, padding }, pss(32));
    if (block.readUInt8(0) < 0x20) return block;
  }
}

/** RSASP1. */
function lowered(block: Buffer): Buffer {
  return privateEncrypt({ key: PAIR.privateKey, padding: constants.RSA_NO_PADDING }, block);
}

/** A signature that has room for one modulus more in its 256 bytes. */
function smallSignature(): { readonly signature: Buffer; readonly message: Buffer } {
  for (let at = 0; ; at += 1) {
    const message = Buffer.from(`message ${at}`);
    const signature = sign('sha256', message, PAIR.privateKey);
    if (signature.readUInt8(0) < 0x20) return { signature, message };
  }
}

function plusModulus(signature: Buffer): Buffer {
  const sum = BigInt(`0x${signature.toString('hex')}`) + BigInt(`0x${modulus().toString('hex')}`);
  return Buffer.from(sum.toString(16), 'hex');
}

function modulus(pair: KeyPair = PAIR): Buffer {
  return Buffer.from(pair.publicKey.export({ format: 'jwk' }).n as string, 'base64url');
}

function keyPairWithRoom(): KeyPair {
  for (;;) {
    const pair = newKeyPair('RSA_2048');
    const top = modulus(pair).readUInt8(0);
    if (top > 0xa0 && top < 0xe0) return pair;
  }
}
