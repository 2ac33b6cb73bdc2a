/**
 * Signatures of a digest in this process's memory. node:crypto hashes whatever it signs: so RSA is raw, under padding of
 * our own, and ECDSA is that of @noble/curves (nonces of RFC 6979), which JavaScript does not do in constant time. A
 * token is for those whom that concerns.
 */
import { constants, type KeyObject, privateEncrypt } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { CurveName, EcdsaRow, RsaSignatureRow } from '../../domain/key/algorithms.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import { ecdsaDer } from '../asymmetric/ecdsa-signature.ts';
import { digestInfo } from '../asymmetric/pkcs1-encoding.ts';
import { pssEncode } from '../asymmetric/pss-encoding.ts';

/** As many bytes as the modulus. */
export function signRsa(key: KeyObject, row: RsaSignatureRow, digest: Uint8Array, entropy: Entropy): Buffer {
  if (row.kind === 'rsa-pkcs1') {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(row.hash, digest));
  }
  const encoded = pssEncode(row, digest, entropy.randomBytes(row.digestBytes));
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

/** DER. */
export function signEcdsa(key: KeyObject, row: EcdsaRow, digest: Uint8Array): Buffer {
  const scalar = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url');
  try {
    return ecdsaDer(CURVES[row.curve].sign(digest, scalar, RAW), row.fieldBytes);
  } finally {
    scalar.fill(0);
  }
}

/** Of s and n − s, either, as a token has it. */
const RAW = { prehash: false, lowS: false, format: 'compact' } as const;
const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521, secp256k1 } as const satisfies Record<
  CurveName,
  unknown
>;
