import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameFault,
  MAX_BODY_BYTES,
} from '../../../../src/hsm/wire/frame.ts';

const anyFrame = fc.record({
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  code: fc.integer({ min: 0, max: 255 }),
  lane: fc.integer({ min: 0, max: 255 }),
  tenant: fc.integer({ min: 0, max: 0xffff }),
  body: fc.uint8Array({ maxLength: 300 }),
});

function plain(frame: Frame): unknown {
  return { ...frame, body: [...frame.body] };
}

describe('frames', () => {
  it('have the documented layout', () => {
    const bytes = encodeFrame({
      id: 0x01020304,
      code: 5,
      lane: 1,
      tenant: 0x0a0b,
      body: Uint8Array.of(9, 8),
    });
    expect(bytes.toString('hex')).toBe(`0000000a${'01020304'}${'05'}${'01'}${'0a0b'}${'0908'}`);
  });

  it('survive any cutting of the stream into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
          const decoder = new FrameDecoder();
          const seen: Frame[] = [];
          let at = 0;
          for (let turn = 0; at < stream.length; turn += 1) {
            const size = cuts[turn % cuts.length] ?? 1;
            seen.push(...decoder.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(seen.map(plain)).toEqual(frames.map(plain));
        },
      ),
    );
  });

  it('carry a body of the largest size, and refuse one byte more', () => {
    const frame = { id: 1, code: 1, lane: 0, tenant: 0 };
    const largest = encodeFrame({ ...frame, body: new Uint8Array(MAX_BODY_BYTES) });
    expect(new FrameDecoder().push(largest)[0]?.body.length).toBe(MAX_BODY_BYTES);
    expect(() => encodeFrame({ ...frame, body: new Uint8Array(MAX_BODY_BYTES + 1) })).toThrow(FrameFault);
  });

  it.for([{ length: 0 }, { length: 7 }, { length: 64 * 1024 + 1 }, { length: 0xffff_ffff }])(
    'refuse a length field of $length',
    ({ length }) => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32BE(length);
      expect(() => new FrameDecoder().push(bytes)).toThrow(FrameFault);
    },
  );
});
