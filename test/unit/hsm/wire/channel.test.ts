import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Channel } from '../../../../src/hsm/wire/channel.ts';
import type { Frame } from '../../../../src/hsm/wire/frame.ts';

it('frames of one turn leave in order, eight in a write, the rest at the end of the turn', async () => {
  const [ours, theirs] = duplexPair();
  const writes: number[] = [];
  const write = ours.write.bind(ours);
  ours.write = ((bytes: Buffer) => {
    writes.push(bytes.length / FRAME_BYTES);
    return write(bytes);
  }) as typeof ours.write;
  const ids: number[] = [];
  const sender = new Channel(ours, { onFrames: () => {}, onClosed: () => {} });
  new Channel(theirs, { onFrames: (frames) => ids.push(...frames.map(({ id }) => id)), onClosed: () => {} });
  for (let id = 1; id <= 18; id += 1) sender.send(frame(id));
  expect(writes).toEqual([8, 8]);
  await turn();
  expect(writes).toEqual([8, 8, 2]);
  await turn();
  expect(ids).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
});

it('nothing is written after the peer has gone', async () => {
  const [ours, theirs] = duplexPair();
  const reasons: string[] = [];
  const channel = new Channel(ours, { onFrames: () => {}, onClosed: (reason) => reasons.push(reason) });
  theirs.end();
  await expect.poll(() => reasons).toHaveLength(1);
  for (let id = 1; id <= 10; id += 1) channel.send(frame(id));
  channel.flush();
  await turn();
  expect(ours.writableLength).toBe(0);
});

function frame(id: number): Frame {
  return { id, code: 1, lane: 0, tenant: 0, body: new Uint8Array(8) };
}

const FRAME_BYTES = 12 + 8;
