/**
 * How long taking OAEP padding off takes for what is wrong in different places. Times are printed and nothing is expected
 * of them: a busy machine proves nothing. OAEP_SAMPLES of each kind; the nightly run takes more.
 */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { mgf1 } from '../../src/hsm/asymmetric/mgf1.ts';
import { oaepUnpad } from '../../src/hsm/host/oaep.ts';
import { measure, welch } from '../support/welch.ts';

const SAMPLES = Number(process.env['OAEP_SAMPLES'] ?? 2_000);
const BYTES = 256;
const HASH_BYTES = 32;
const LABEL = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');

/** A message of `length` bytes, padded, and then `spoil`ed. */
function padded(length: number, spoil: (parts: { first: Buffer; block: Buffer }) => void): Buffer {
  const first = Buffer.alloc(1);
  const block = Buffer.concat([
    LABEL,
    Buffer.alloc(BYTES - 2 * HASH_BYTES - 2 - length),
    Buffer.of(1),
    randomBytes(length),
  ]);
  spoil({ first, block });
  const seed = randomBytes(HASH_BYTES);
  const masked = xor(block, mgf1('sha256', seed, block.length));
  return Buffer.concat([first, xor(seed, mgf1('sha256', masked, HASH_BYTES)), masked]);
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}

const KINDS = [
  { name: 'a first byte that is not zero', make: () => padded(32, ({ first }) => first.fill(1)) },
  { name: 'another label, from its first byte', make: () => padded(32, ({ block }) => block.fill(9, 0, 1)) },
  { name: 'another label, in its last byte', make: () => padded(32, ({ block }) => block.fill(9, 31, 32)) },
  { name: 'no separator', make: () => padded(32, ({ block }) => block.fill(0, HASH_BYTES)) },
  { name: 'something else early in the zeros', make: () => padded(32, ({ block }) => block.fill(7, 40, 41)) },
  { name: 'nothing of OAEP', make: () => randomBytes(BYTES) },
];

it('is measured, and printed', { timeout: 3_600_000 }, () => {
  const timings = measure(
    KINDS.map(({ name, make }) => ({
      name,
      prepare: () => {
        const input = make();
        return () => {
          try {
            oaepUnpad(input, 'sha256');
          } catch {
            // Each of them is refused: the time counts.
          }
        };
      },
    })),
    SAMPLES,
  );
  const [base] = timings;
  for (const timing of timings.slice(1)) {
    const t = base === undefined ? Number.NaN : welch(base, timing);
    process.stdout.write(
      `oaep timing: ${base?.name} / ${timing.name}: t = ${t.toFixed(2)}, n = ${SAMPLES}\n`,
    );
    expect(timing.times).toHaveLength(SAMPLES);
    expect(Number.isFinite(t)).toBe(true);
  }
});

it('tells times apart that differ', () => {
  const times = (from: number) => Array.from({ length: 500 }, (_, index) => from + (index % 10));
  const [short, long] = [
    { name: 'short', times: times(100) },
    { name: 'long', times: times(103) },
  ];
  expect(Math.abs(welch(short, short))).toBe(0);
  expect(welch(short, long)).toBeLessThan(-4.5);
});
