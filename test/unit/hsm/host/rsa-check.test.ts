import { constants, generateKeyPairSync, hash, privateEncrypt, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findAlgorithm, type RsaSignatureRow } from '../../../../src/domain/key/algorithms.ts';
import { isBelowModulus, isRootOf, isSignatureOf } from '../../../../src/hsm/host/rsa-check.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MESSAGE = Buffer.from('message');
const ALGORITHMS = ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((scheme) =>
  (['SHA_256', 'SHA_384', 'SHA_512'] as const).map((name) => `${scheme}_${name}`),
);

function rowOf(algorithm: string): RsaSignatureRow {
  return findAlgorithm({ spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, algorithm) as RsaSignatureRow;
}

/** By OpenSSL. */
function signatureOf(row: RsaSignatureRow, saltLength: number = row.digestBytes): Buffer {
  const padding = row.kind === 'rsa-pss' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(row.hash, MESSAGE, { key: privateKey, padding, ...(row.kind === 'rsa-pss' && { saltLength }) });
}

describe('a signature that a token made', () => {
  it.for(ALGORITHMS)('of %s is right as OpenSSL makes it, and wrong with any byte altered', (algorithm) => {
    const row = rowOf(algorithm);
    const digest = hash(row.hash, MESSAGE, 'buffer');
    const signature = signatureOf(row);
    expect(isSignatureOf(publicKey, row, digest, signature)).toBe(true);
    for (let at = 0; at < signature.length; at += 5) {
      const altered = Buffer.from(signature);
      altered.writeUInt8(altered.readUInt8(at) ^ 4, at);
      expect(isSignatureOf(publicKey, row, digest, altered)).toBe(false);
    }
  });

  it.for(ALGORITHMS)('of %s is wrong for another digest, algorithm or length', (algorithm) => {
    const row = rowOf(algorithm);
    const digest = hash(row.hash, MESSAGE, 'buffer');
    const signature = signatureOf(row);
    const other = hash(row.hash, 'another', 'buffer');
    expect(isSignatureOf(publicKey, row, other, signature)).toBe(false);
    for (const name of ALGORITHMS.filter((each) => each !== algorithm)) {
      const wrong = rowOf(name);
      const wrongDigest = hash(wrong.hash, MESSAGE, 'buffer');
      expect(isSignatureOf(publicKey, wrong, wrongDigest, signature)).toBe(false);
    }
    for (const cut of [signature.subarray(1), Buffer.alloc(0), Buffer.alloc(256, 0xff)])
      expect(isSignatureOf(publicKey, row, digest, cut)).toBe(false);
  });

  it('of PSS is wrong with a salt of another length', () => {
    const row = rowOf('RSASSA_PSS_SHA_256');
    expect(isSignatureOf(publicKey, row, hash('sha256', MESSAGE, 'buffer'), signatureOf(row, 20))).toBe(
      false,
    );
  });
});

describe('what a token decrypted', () => {
  it('is what gives the ciphertext back', () => {
    const power = Buffer.alloc(256, 7);
    const root = privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, power);
    expect(isRootOf(publicKey, root, power)).toBe(true);
    expect(isRootOf(publicKey, root.fill(root.readUInt8(9) ^ 1, 9, 10), power)).toBe(false);
    expect(isRootOf(publicKey, Buffer.alloc(256, 0xff), power)).toBe(false);
  });

  it('comes of a number below the modulus', () => {
    const modulus = Buffer.from(String(publicKey.export({ format: 'jwk' }).n), 'base64url');
    const below = Buffer.from(modulus);
    below.writeUInt8(below.readUInt8(255) - 1, 255);
    expect([modulus, below, below.subarray(1)].map((value) => isBelowModulus(publicKey, value))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
