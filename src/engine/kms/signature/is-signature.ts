/**
 * Verification of signatures, which takes the public half alone. Whatever bytes a signature is, it is valid or it is
 * not. Messages are verified by OpenSSL outside of the event loop; digests of RSA in rsa-signature.ts; what node:crypto
 * has no function for, in by-noble.ts.
 */
import { type KeyObject, verify } from 'node:crypto';
import type { HashName, SignatureRow } from '../../../domain/key/algorithms.ts';
import type { PublicHalf } from '../public-half.ts';
import { isEcdsaOfDigest, isEd25519ph, isMlDsaOfMu } from './by-noble.ts';
import { isRsaSignature } from './rsa-signature.ts';
import { digestOf, type SignedMessage } from './signed-message.ts';

/** Whether it was made with the private half; `requireMessage` has let the message pass. */
export async function isSignature(
  signature: Uint8Array,
  row: SignatureRow,
  signed: SignedMessage,
  { spki, key }: PublicHalf,
): Promise<boolean> {
  const { message, messageType } = signed;
  switch (row.kind) {
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return isRsaSignature(signature, row, digestOf(row, signed), key);
    case 'ecdsa':
      if (messageType === 'DIGEST') return isEcdsaOfDigest(signature, row, message, spki);
      return isOfMessage(signature, row.hash, message, key);
    case 'ed25519':
      return isOfMessage(signature, null, message, key);
    case 'ed25519ph':
      return isEd25519ph(signature, message, spki);
    case 'ml-dsa':
      if (messageType === 'EXTERNAL_MU') return isMlDsaOfMu(signature, row, message, spki);
      return isOfMessage(signature, null, message, key);
  }
}

/** The hash of Ed25519 and ML-DSA is their own. */
function isOfMessage(
  signature: Uint8Array,
  hash: HashName | null,
  message: Uint8Array,
  key: KeyObject,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(hash, message, key, signature, (error, valid) => {
      if (error === null) resolve(valid);
      else reject(error);
    });
  });
}
