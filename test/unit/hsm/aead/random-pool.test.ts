import { expect, it } from 'vitest';
import { RandomPool } from '../../../../src/hsm/aead/random-pool.ts';

it('bytes from the pool never come twice, across refills too', () => {
  const pool = new RandomPool();
  const seen = new Set(
    Array.from({ length: 5_000 }, () => Buffer.from(pool.randomBytes(12)).toString('hex')),
  );
  expect(seen.size).toBe(5_000);
});

it('bytes from the pool belong to the caller', () => {
  const pool = new RandomPool();
  const first = pool.randomBytes(16);
  const copy = Buffer.from(first);
  pool.randomBytes(16).fill(0xff);
  expect(Buffer.compare(first, copy)).toBe(0);
  expect(first.byteLength).toBe(first.buffer.byteLength);
});

it.for([0, 1, 4_095, 4_096, 4_097, 100_000])('%i bytes can be had at once', (length) => {
  const pool = new RandomPool();
  pool.randomBytes(10);
  const bytes = pool.randomBytes(length);
  expect(bytes).toHaveLength(length);
  // Of 4 095 random bytes, more than 100 zeros have a chance below 10^-40.
  expect(bytes.filter((byte) => byte === 0).length).toBeLessThan(Math.max(100, length / 100));
});

it('every value of a byte comes up', () => {
  const pool = new RandomPool();
  const values = new Set(Array.from({ length: 4_000 }, () => pool.randomBytes(3)[0]));
  expect(values.size).toBe(256);
});
