import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { RsaPairRequest } from '../../../../src/engine/kms/make-rsa-pairs.ts';
import type { KeyPair } from '../../../../src/engine/kms/new-key-pair.ts';
import { SlowThread } from '../../../../src/engine/kms/slow-thread.ts';
import { measuredThread } from '../../../support/measured-thread.ts';
import { faultOf } from './rig.ts';

const IN_TIME = { tenant: 0, clock: { monotonicMs: () => 999 }, deadlineMs: 1_000 };
const TOO_LATE = { tenant: 0, clock: { monotonicMs: () => 1_000 }, deadlineMs: 1_000 };

/** Threads whose sources are given, the last of them for all that come later; and what was started. */
function scripted(sources: readonly string[], waiting = 10) {
  const starts: Worker[] = [];
  const thread = new SlowThread<string, string>({
    name: 'tests',
    entry: './none',
    waiting,
    start: () => {
      const worker = new Worker(PORT + (sources[starts.length] ?? sources.at(-1)), { eval: true, env: {} });
      starts.push(worker);
      return worker;
    },
  });
  return { thread, starts };
}

const PORT = "const port = require('node:worker_threads').parentPort; ";
const ECHO = "port.on('message', (text) => port.postMessage('heard ' + text))";
const SILENT = "port.on('message', () => undefined)";

it('makes one RSA pair after the other in one thread', async () => {
  const thread = new SlowThread<RsaPairRequest, KeyPair>({
    name: 'pairs',
    entry: './make-rsa-pairs',
    waiting: 1,
    start: measuredThread,
  });
  const [first, second] = await Promise.all([
    thread.ask({ modulusLength: 2048 }, IN_TIME),
    thread.ask({ modulusLength: 2048 }, IN_TIME),
  ]);
  for (const { publicKey, privateKey } of [first, second]) {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    expect(Buffer.from(publicKey).equals(spki)).toBe(true);
  }
  expect(Buffer.from(first.publicKey).equals(second.publicKey)).toBe(false);
});

it('starts its thread for the first request, and keeps it for the others', async () => {
  const { thread, starts } = scripted([ECHO]);
  expect(starts).toHaveLength(0);
  expect(await Promise.all(['a', 'b', 'c'].map((text) => thread.ask(text, IN_TIME)))).toEqual([
    'heard a',
    'heard b',
    'heard c',
  ]);
  expect(await thread.ask('d', IN_TIME)).toBe('heard d');
  expect(starts).toHaveLength(1);
});

it.for([
  { how: 'ends', source: 'process.exit(0)' },
  { how: 'ends at a request', source: "port.on('message', () => process.exit(0))" },
  { how: 'fails', source: "throw new Error('no memory')" },
  {
    how: 'fails at a request',
    source: "port.on('message', async () => { throw new Error('no such curve') })",
  },
])('reports a thread that $how, and starts another one for the next request', async ({ source }) => {
  const { thread, starts } = scripted([source, ECHO]);
  expect(await faultOf(thread.ask('a', IN_TIME))).toMatchObject({
    code: 'internal',
    detail: 'the thread of tests ended',
  });
  expect(await thread.ask('b', IN_TIME)).toBe('heard b');
  expect(starts).toHaveLength(2);
});

it('starts another thread after one that ended while nobody asked', async () => {
  const { thread, starts } = scripted([ECHO]);
  expect(await thread.ask('a', IN_TIME)).toBe('heard a');
  await starts[0]?.terminate();
  expect(await thread.ask('b', IN_TIME)).toBe('heard b');
  expect(starts).toHaveLength(2);
});

it('refuses what would have to wait behind too many', async () => {
  const { thread, starts } = scripted([SILENT, ECHO], 1);
  const [running, waiting, refused] = ['a', 'b', 'c'].map((text) => thread.ask(text, IN_TIME));
  expect(await faultOf(refused as Promise<string>)).toMatchObject({ code: 'busy' });
  const ended = faultOf(running as Promise<string>);
  await starts[0]?.terminate();
  expect(await ended).toMatchObject({ code: 'internal' });
  expect(await waiting).toBe('heard b');
});

it('does no work whose deadline has passed when its turn comes', async () => {
  const { thread, starts } = scripted([ECHO]);
  expect(await faultOf(thread.ask('a', TOO_LATE))).toMatchObject({ code: 'timeout' });
  expect(starts).toHaveLength(0);
  expect(await thread.ask('b', IN_TIME)).toBe('heard b');
});
