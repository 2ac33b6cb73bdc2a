/** Runs in a thread of its own: answers each request with an RSA pair, and keeps nothing of it. */
import { generateKeyPairSync } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { RsaPairRequest } from './rsa-pair-thread.ts';

/** Linux has a niceness for each thread, and 0 means this one. Where it counts for processes, nothing may change. */
if (process.platform === 'linux') setPriority(0, 10);

parentPort?.on('message', ({ modulusLength }: RsaPairRequest) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const pair = { publicKey: ownBytes(publicKey), privateKey: ownBytes(privateKey) };
  privateKey.fill(0);
  parentPort?.postMessage(pair, [pair.publicKey.buffer, pair.privateKey.buffer]);
});

/** In memory of its own, so that it can change hands without a copy. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
