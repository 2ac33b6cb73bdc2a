/** What is, and is not, an encoding of r and s: FIPS 186-5 with the DER of RFC 3279, and RFC 8032, 5.1.7. */
import { describe, expect, test } from 'vitest';
import { findAlgorithm, type SignatureRow } from '../../../../../src/domain/key/algorithms.ts';
import { isSignature } from '../../../../../src/engine/kms/signature/is-signature.ts';
import { keyPairOf, SIGNED_ROWS, type SignedRow, spkiOf } from './key-pairs.ts';

const MESSAGE = Buffer.from('attack at dawn');
/** SEC 2. */
const ORDERS: Readonly<Record<string, bigint>> = {
  ECC_NIST_P256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ECC_NIST_P384:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ECC_NIST_P521:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ECC_SECG_P256K1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};
/** RFC 8032, 5.1: the order of the base point. */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const ECDSA = SIGNED_ROWS.filter(({ algorithm }) => algorithm.startsWith('ECDSA_')).flatMap((row) =>
  row.types.map((messageType) => ({ ...row, messageType })),
);

describe('ECDSA', () => {
  test.for(ECDSA)('$algorithm by $spec, as $messageType, takes s of either half', async (way) => {
    const order = orderOf(way);
    const { r, s } = numbersOf(signatureBy(way));
    expect(await isValid(way, sequence(integer(r), integer(s)))).toBe(true);
    expect(await isValid(way, sequence(integer(r), integer(order - s)))).toBe(true);
  });

  test.for(ECDSA)('$algorithm by $spec, as $messageType, takes no other DER', async (way) => {
    const order = orderOf(way);
    const { r, s } = numbersOf(signatureBy(way));
    const [one, two] = [integer(r), integer(s)];
    const others = {
      'zero bytes before r': sequence(tagged(2, Buffer.concat([Uint8Array.of(0, 0), magnitude(r)])), two),
      'something after s': sequence(one, two, Uint8Array.of(5, 0)),
      'something after the sequence': Buffer.concat([sequence(one, two), Uint8Array.of(0)]),
      'a length in more bytes than it needs': longSequence(one, two),
      'an indefinite length': Buffer.concat([Uint8Array.of(0x30, 0x80), one, two, Uint8Array.of(0, 0)]),
      'a set': Buffer.concat([Uint8Array.of(0x31), sequence(one, two).subarray(1)]),
      'r alone': sequence(one),
      'no numbers': sequence(),
      'an empty number': sequence(tagged(2, new Uint8Array(0)), two),
      'an octet string': sequence(tagged(4, magnitude(r)), two),
      'negative r': sequence(integer(-r), two),
      'negative s': sequence(one, integer(-s)),
      'r of zero': sequence(integer(0n), two),
      's of zero': sequence(one, integer(0n)),
      'r above the order': sequence(integer(r + order), two),
      's above the order': sequence(one, integer(s + order)),
      'r and s without DER': Buffer.concat([padded(r, order), padded(s, order)]),
    };
    for (const [what, signature] of Object.entries(others)) {
      expect(await isValid(way, signature), what).toBe(false);
    }
  });
});

describe('Ed25519', () => {
  test.for(SIGNED_ROWS.filter(({ algorithm }) => algorithm.startsWith('ED25519_')))(
    '$algorithm takes no S above the order',
    async (row) => {
      const way = { ...row, messageType: row.types[0] as Way['messageType'] };
      const signature = Buffer.from(signatureBy(way));
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
      const above = Buffer.from((s + ED25519_ORDER).toString(16).padStart(64, '0'), 'hex').reverse();
      expect(await isValid(way, signature)).toBe(true);
      expect(await isValid(way, Buffer.concat([signature.subarray(0, 32), above]))).toBe(false);
    },
  );
});

type Way = SignedRow & { readonly messageType: 'RAW' | 'DIGEST' | 'EXTERNAL_MU' };

function signatureBy({ spec, sign }: Way): Uint8Array {
  return sign(MESSAGE, keyPairOf(spec));
}

function isValid({ spec, algorithm, messageType, digest }: Way, signature: Uint8Array): Promise<boolean> {
  const pair = keyPairOf(spec);
  const message = messageType === 'RAW' ? MESSAGE : digest(MESSAGE, pair);
  const row = findAlgorithm({ spec, usage: 'SIGN_VERIFY' }, algorithm) as SignatureRow;
  const half = { spki: spkiOf(pair), key: pair.publicKey };
  return isSignature(signature, row, { message, messageType }, half);
}

function orderOf({ spec }: Way): bigint {
  return ORDERS[spec] as bigint;
}

/** Of a signature whose lengths are all in their shortest form. */
function numbersOf(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } {
  const der = Buffer.from(signature);
  const start = der.readUInt8(1) < 0x80 ? 2 : 3;
  const sAt = start + 2 + der.readUInt8(start + 1);
  const number = (at: number): bigint =>
    BigInt(`0x${der.subarray(at + 2, at + 2 + der.readUInt8(at + 1)).toString('hex')}`);
  return { r: number(start), s: number(sAt) };
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function longSequence(...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(0x30, 0x82, 0, content.length), content]);
}

function integer(value: bigint): Buffer {
  if (value >= 0n) return tagged(2, magnitude(value));
  const bits = BigInt(8 * (magnitude(-value).length + 1));
  return tagged(2, Buffer.from((2n ** bits + value).toString(16), 'hex'));
}

/** With a zero byte in front where it would look negative without. */
function magnitude(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return bytes.readUInt8(0) < 0x80 ? bytes : Buffer.concat([Uint8Array.of(0), bytes]);
}

function padded(value: bigint, order: bigint): Buffer {
  const { length } = order.toString(16);
  return Buffer.from(value.toString(16).padStart(length + (length % 2), '0'), 'hex');
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Uint8Array.of(tag, ...length), content]);
}
