import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { RsaPairThread } from '../../../../src/engine/kms/rsa-pair-thread.ts';

it('makes one pair after the other in one thread', async () => {
  const thread = new RsaPairThread();
  const first = await thread.make({ modulusLength: 2048 });
  const second = await thread.make({ modulusLength: 2048 });
  for (const { publicKey, privateKey } of [first, second]) {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    expect(Buffer.from(publicKey).equals(spki)).toBe(true);
  }
  expect(Buffer.from(first.publicKey).equals(second.publicKey)).toBe(false);
});

it.for([
  { how: 'ends', source: 'process.exit(0)' },
  { how: 'fails', source: "throw new Error('no memory')" },
])('reports a thread that $how, and starts another one for the next pair', async ({ source }) => {
  const starts: Worker[] = [];
  const thread = new RsaPairThread(() => {
    const answer = "require('node:worker_threads').parentPort.once('message', () => postPair())";
    const healthy = `${answer}; const postPair = () => require('node:worker_threads').parentPort.postMessage('a pair')`;
    const worker = new Worker(starts.length === 0 ? source : healthy, { eval: true });
    starts.push(worker);
    return worker;
  });
  await expect(thread.make({ modulusLength: 2048 })).rejects.toMatchObject({ code: 'internal' });
  expect(await thread.make({ modulusLength: 2048 })).toBe('a pair');
  expect(starts).toHaveLength(2);
});
