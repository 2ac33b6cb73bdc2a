import { expect, it } from 'vitest';
import { encodeFrame, FrameDecoder, FrameFault, MAX_BODY_BYTES } from '../../src/hsm/wire/frame.ts';
import { decodeGcm, decodeJson, encodeGcm, faultOf } from '../../src/hsm/wire/messages.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const COUNT = Number(process.env['FRAME_FUZZ_COUNT'] ?? 200_000);
const SEED = Number(process.env['FRAME_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(`the frame decoder meets ${COUNT} inputs with frames or a FrameFault, and never with more than arrived`, () => {
  const random = new SeededRandom(SEED);
  const counts = { intact: 0, refused: 0, frames: 0, gcmRead: 0, gcmRefused: 0 };
  for (let round = 0; round < COUNT; round += 1) {
    const input = anInput(random);
    const decoder = new FrameDecoder();
    try {
      const cut = random.integer(input.length + 1);
      const frames = [...decoder.push(input.subarray(0, cut)), ...decoder.push(input.subarray(cut))];
      counts.intact += 1;
      counts.frames += frames.length;
      const carried = frames.reduce((sum, { body }) => sum + body.length + 12, 0);
      if (carried > input.length)
        expect.fail(`seed ${SEED}, round ${round}: ${carried} bytes of frames in ${input.length}`);
      for (const frame of frames) readBody(frame.body, frame.code, counts);
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      counts.refused += 1;
    }
  }
  console.log(`frames: seed ${SEED}, ${COUNT} inputs, ${JSON.stringify(counts)}`);
  expect(counts.intact + counts.refused).toBe(COUNT);
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(COUNT / 1000);
});

/** Every reader of bodies gets every body: a host or a supervisor may be sent any of them. */
function readBody(body: Uint8Array, code: number, counts: { gcmRead: number; gcmRefused: number }): void {
  try {
    decodeGcm(body);
    counts.gcmRead += 1;
  } catch (error) {
    if (!(error instanceof FrameFault)) throw error;
    counts.gcmRefused += 1;
  }
  for (const read of [() => decodeJson(body), () => faultOf(code, body)]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
    }
  }
}

function anInput(random: SeededRandom): Buffer {
  if (random.chance(0.1)) return random.bytes(random.integer(60));
  const stream = Buffer.concat(Array.from({ length: 1 + random.integer(3) }, () => aFrame(random)));
  if (random.chance(0.5)) stream[random.integer(stream.length)] = random.integer(256);
  if (random.chance(0.1)) stream.writeUInt32BE(random.pick([0, 7, 8, 65_536, 65_537, 0xffff_ffff]), 0);
  return random.chance(0.3) ? stream.subarray(0, random.integer(stream.length + 1)) : stream;
}

function aFrame(random: SeededRandom): Buffer {
  const selector = random.chance(0.5) ? { label: 'key' } : { idHex: '0a0b' };
  const body = random.chance(0.7)
    ? encodeGcm({
        selector,
        fingerprint: random.bytes(8),
        iv: random.bytes(12),
        aad: random.bytes(random.integer(40)),
        input: random.bytes(random.integer(60)),
      })
    : random.bytes(random.chance(0.001) ? MAX_BODY_BYTES : random.integer(40));
  return encodeFrame({
    id: random.integer(2 ** 32),
    code: random.integer(256),
    lane: 0,
    tenant: random.integer(65_536),
    body,
  });
}
