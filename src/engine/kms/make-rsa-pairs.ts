/** Runs in a thread of its own: answers each request with an RSA pair, and keeps nothing of it. */
import { generateKeyPairSync } from 'node:crypto';
import { answerSlowly } from './answer-slowly.ts';

/** A modulus of so many bits. The answer is a `KeyPair`. */
export interface RsaPairRequest {
  readonly modulusLength: number;
}

answerSlowly(
  ({ modulusLength }: RsaPairRequest) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    const pair = { publicKey: ownBytes(publicKey), privateKey: ownBytes(privateKey) };
    privateKey.fill(0);
    return pair;
  },
  ({ publicKey, privateKey }) => [publicKey.buffer, privateKey.buffer],
);

/** In memory of its own, so that it can change hands without a copy. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
