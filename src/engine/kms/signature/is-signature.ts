/**
 * Verification of signatures, which takes the public half alone. Whatever bytes a signature is, it is valid or it is
 * not. Messages are verified by OpenSSL outside of the event loop; digests of RSA in rsa-signature.ts; what node:crypto
 * has no function for, by libraries in JavaScript, which take milliseconds: in a thread, verify-by-noble.ts.
 */
import { type KeyObject, verify } from 'node:crypto';
import type { HashName, SignatureRow } from '../../../domain/key/algorithms.ts';
import type { PublicHalf } from '../public-half.ts';
import { type Patience, SlowThread } from '../slow-thread.ts';
import { isRsaSignature } from './rsa-signature.ts';
import { digestOf, type SignedMessage } from './signed-message.ts';
import type { NobleRequest } from './verify-by-noble.ts';

/**
 * Whether it was made with the private half; `requireMessage` has let the message pass. Faults: those of
 * {@link SlowThread.ask}. Unless told otherwise it takes as long as it takes.
 */
export async function isSignature(
  signature: Uint8Array,
  row: SignatureRow,
  signed: SignedMessage,
  { spki, key }: PublicHalf,
  patience: Patience = ENDLESS,
): Promise<boolean> {
  const { message, messageType } = signed;
  switch (row.kind) {
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return isRsaSignature(signature, row, digestOf(row, signed), key);
    case 'ecdsa':
      if (messageType === 'DIGEST') return isByNoble({ signature, row, input: message, spki }, patience);
      return isOfMessage(signature, row.hash, message, key);
    case 'ed25519':
      return isOfMessage(signature, null, message, key);
    case 'ed25519ph':
      return isByNoble({ signature, row: { kind: row.kind }, input: message, spki }, patience);
    case 'ml-dsa':
      if (messageType === 'EXTERNAL_MU') return isByNoble({ signature, row, input: message, spki }, patience);
      return isOfMessage(signature, null, message, key);
  }
}

/** A thread is given the whole memory that a view is part of: in that of a buffer may be what others have said. */
function isByNoble({ signature, row, input, spki }: NobleRequest, patience: Patience): Promise<boolean> {
  const own = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
  return NOBLE.ask({ signature: own(signature), row, input: own(input), spki: own(spki) }, patience);
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

const ENDLESS: Patience = {
  tenant: 0,
  clock: { monotonicMs: () => 0 },
  deadlineMs: Number.POSITIVE_INFINITY,
};

/** One for the process. With so many ahead the last waits for some seconds. */
const NOBLE = new SlowThread<NobleRequest, boolean>({
  name: 'verifications',
  entry: './signature/verify-by-noble',
  waiting: 100,
});
