import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findAlgorithm, type SignatureRow } from '../../../../../src/domain/key/algorithms.ts';
import type { KeySpec } from '../../../../../src/domain/kms/api/enums.ts';
import { isSignature } from '../../../../../src/engine/kms/signature/is-signature.ts';
import type { SignedMessage } from '../../../../../src/engine/kms/signature/signed-message.ts';
import { type KeyPair, keyPairOf, newKeyPair, SIGNED_ROWS, type SignedRow, spkiOf } from './key-pairs.ts';

const MESSAGE = Buffer.from('attack at dawn');

/** Every row in each way in which its message can be given. */
const WAYS = SIGNED_ROWS.flatMap((row) => row.types.map((messageType) => ({ ...row, messageType })));

describe('a signature', () => {
  test.for(WAYS)('of $algorithm by $spec, message as $messageType, is valid', async (way) => {
    const pair = keyPairOf(way.spec);
    expect(await verifies(way, pair, given(way, pair), way.sign(MESSAGE, pair))).toBe(true);
  });

  test.for(WAYS)('of $algorithm by $spec, as $messageType, is not for another message', async (way) => {
    const pair = keyPairOf(way.spec);
    const { message, messageType } = given(way, pair);
    const signature = way.sign(MESSAGE, pair);
    for (const at of [0, message.length - 1]) {
      const other = { message: flipped(message, at), messageType };
      expect(await verifies(way, pair, other, signature)).toBe(false);
    }
  });

  test.for(WAYS)('of $algorithm by $spec, as $messageType, is not valid with a bit changed', async (way) => {
    const pair = keyPairOf(way.spec);
    const signature = way.sign(MESSAGE, pair);
    for (const at of [0, 1, 4, signature.length >> 1, signature.length - 2, signature.length - 1]) {
      expect(await verifies(way, pair, given(way, pair), flipped(signature, at))).toBe(false);
    }
  });

  test.for(WAYS)('of $algorithm, as $messageType, has no other shape: $spec', async (way) => {
    const pair = keyPairOf(way.spec);
    const signature = way.sign(MESSAGE, pair);
    const shapes = [
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([Uint8Array.of(0), signature]),
      Buffer.concat([signature, Uint8Array.of(0)]),
      Buffer.alloc(1),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 0xff),
      Buffer.alloc(signature.length, 0x30),
      randomBytes(signature.length),
      Buffer.alloc(6144, 0xff),
    ];
    for (const shape of shapes) {
      expect(await verifies(way, pair, given(way, pair), shape)).toBe(false);
    }
  });

  test.for(WAYS.filter(({ spec }) => !['RSA_3072', 'RSA_4096'].includes(spec)))(
    'of $algorithm by $spec, as $messageType, is not valid for another key',
    async (way) => {
      const pair = newKeyPair(way.spec);
      const signature = way.sign(MESSAGE, keyPairOf(way.spec));
      expect(await verifies(way, pair, given(way, pair), signature)).toBe(false);
    },
  );

  test.for(['RSA_2048', 'ECC_NIST_EDWARDS25519'] as const)(
    'of one algorithm is not one of another: %s',
    async (spec) => {
      const pair = keyPairOf(spec);
      const rows = SIGNED_ROWS.filter((row) => row.spec === spec);
      for (const made of rows) {
        for (const other of WAYS.filter((way) => way.spec === spec && way.algorithm !== made.algorithm)) {
          const signature = made.sign(MESSAGE, pair);
          expect(await verifies(other, pair, given(other, pair), signature)).toBe(false);
        }
      }
    },
  );
});

describe('a message of any length', () => {
  test.for(WAYS.filter(({ spec }) => spec !== 'RSA_4096'))(
    'is verified: $algorithm by $spec, as $messageType',
    async (way) => {
      const pair = keyPairOf(way.spec);
      for (const length of [1, 63, 64, 65, 4096]) {
        const message = randomBytes(length);
        expect(
          await verifies(way, pair, given(way, pair, message), way.sign(message, pair)),
          `${length}`,
        ).toBe(true);
      }
    },
  );
});

describe('bytes that nobody signed', () => {
  test.for(WAYS.filter(({ spec }) => spec !== 'RSA_3072' && spec !== 'RSA_4096'))(
    'are no $algorithm by $spec, as $messageType, whatever they are',
    async (way) => {
      const pair = keyPairOf(way.spec);
      const signed = given(way, pair);
      const signature = way.sign(MESSAGE, pair);
      const anything = fc.uint8Array({ minLength: 1, maxLength: 300 });
      const altered = fc
        .tuple(fc.nat({ max: signature.length - 1 }), fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 8 }))
        .map(([at, removed, added]) => spliced(signature, at, removed, added))
        .filter((bytes) => !Buffer.from(bytes).equals(signature));
      await fc.assert(
        fc.asyncProperty(fc.oneof(anything, altered), async (bytes) => {
          expect(await verifies(way, pair, signed, bytes)).toBe(false);
        }),
        { numRuns: 60 },
      );
    },
  );
});

it('Sign and Verify may be given the same message in two ways', async () => {
  const pair = keyPairOf('ML_DSA_44');
  const ways = WAYS.filter(({ spec }) => spec === 'ML_DSA_44');
  expect(ways.map(({ messageType }) => messageType)).toEqual(['RAW', 'EXTERNAL_MU']);
  const signature = (ways[0] as SignedRow).sign(MESSAGE, pair);
  for (const way of ways) expect(await verifies(way, pair, given(way, pair), signature)).toBe(true);
});

it('is no question of the signature where the key is for something else', async () => {
  const row = findAlgorithm({ spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' }, 'ED25519_SHA_512');
  const { publicKey } = generateKeyPairSync('x25519');
  const half = { spki: spkiOf(keyPairOf('ECC_NIST_EDWARDS25519')), key: publicKey };
  const call = isSignature(Buffer.alloc(64), row as SignatureRow, { message: MESSAGE }, half);
  await expect(call).rejects.toThrow('operation not supported');
});

type Way = (typeof WAYS)[number];

function given(way: Way, pair: KeyPair, message: Uint8Array = MESSAGE): Required<SignedMessage> {
  const { messageType } = way;
  return { message: messageType === 'RAW' ? message : way.digest(message, pair), messageType };
}

function verifies(
  { spec, algorithm }: { readonly spec: KeySpec; readonly algorithm: string },
  pair: KeyPair,
  signed: SignedMessage,
  signature: Uint8Array,
): Promise<boolean> {
  const row = findAlgorithm({ spec, usage: 'SIGN_VERIFY' }, algorithm) as SignatureRow;
  return isSignature(signature, row, signed, { spki: spkiOf(pair), key: pair.publicKey });
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}
