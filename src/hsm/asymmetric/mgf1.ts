/** MGF1 (RFC 8017, B.2.1), the mask of PSS and OAEP. */
import { hash } from 'node:crypto';
import type { HashName } from '../../domain/key/algorithms.ts';

/** Takes as long for one seed as for another of its length. */
export function mgf1(name: HashName, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  const input = Buffer.concat([seed, Buffer.alloc(COUNTER_BYTES)]);
  for (let made = 0; made < length; made += blocks[0]?.length ?? length) {
    input.writeUInt32BE(blocks.length, seed.length);
    blocks.push(hash(name, input, 'buffer'));
  }
  input.fill(0);
  return Buffer.concat(blocks).subarray(0, length);
}

const COUNTER_BYTES = 4;
