/**
 * What an RSA key did in the token, undone with its public half, for some thirty microseconds: nothing leaves that was
 * computed wrongly, since one wrong result of the Chinese remainders tells the primes, and no ciphertext is blamed for it.
 */
import { constants, type KeyObject, publicEncrypt } from 'node:crypto';
import type { RsaSignatureRow } from '../../domain/key/algorithms.ts';
import { mgf1 } from '../asymmetric/mgf1.ts';
import { digestInfo } from '../asymmetric/pkcs1-encoding.ts';
import { pssEncode } from '../asymmetric/pss-encoding.ts';

export function isSignatureOf(
  publicKey: KeyObject,
  row: RsaSignatureRow,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encoded = publicPower(publicKey, signature);
  if (encoded === undefined) return false;
  const expected =
    row.kind === 'rsa-pkcs1'
      ? pkcs1Encode(row, digest)
      : pssEncode(row, digest, saltOf(encoded, row.hash, row.digestBytes));
  return encoded.equals(expected);
}

/** Whether raising it to the public exponent gives this back. */
export function isRootOf(publicKey: KeyObject, root: Uint8Array, power: Uint8Array): boolean {
  return publicPower(publicKey, root)?.equals(power) === true;
}

/** Whether it is a number that the key can be applied to: as long as its modulus, and below it. */
export function isBelowModulus(publicKey: KeyObject, value: Uint8Array): boolean {
  const modulus = Buffer.from(String(publicKey.export({ format: 'jwk' }).n), 'base64url');
  return value.length === modulus.length && Buffer.compare(value, modulus) < 0;
}

/** A number below the modulus, and as long, raised to the public exponent. */
export function powerOf(key: KeyObject, value: Uint8Array): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, value);
}

/** Undefined for a number that is not below the modulus. */
function publicPower(key: KeyObject, value: Uint8Array): Buffer | undefined {
  return isBelowModulus(key, value) ? powerOf(key, value) : undefined;
}

function pkcs1Encode({ hash, modulusBytes }: RsaSignatureRow, digest: Uint8Array): Buffer {
  const info = digestInfo(hash, digest);
  const filling = Buffer.alloc(modulusBytes - info.length - 3, 0xff);
  return Buffer.concat([Uint8Array.of(0, 1), filling, Uint8Array.of(0), info]);
}

/** What would have to be the salt, if this were encoded as PSS. */
function saltOf(encoded: Buffer, hash: RsaSignatureRow['hash'], saltBytes: number): Buffer {
  const maskedBytes = encoded.length - saltBytes - 1;
  const mask = mgf1(hash, encoded.subarray(maskedBytes, -1), maskedBytes);
  const salt = encoded.subarray(maskedBytes - saltBytes, maskedBytes);
  return Buffer.from(salt.map((byte, index) => byte ^ (mask[maskedBytes - saltBytes + index] ?? 0)));
}
