/**
 * Takes the padding of RSAES-OAEP off (RFC 8017, 7.1.2, step 3), with no branch and no index that depends on what the
 * token decrypted until everything has been looked at: which check failed, or where, shows neither in the fault nor in
 * the time (Manger's attack). JavaScript promises no constant time: it is measured (docs/key-hierarchy.md).
 */
import { hash } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { HashName } from '../../domain/key/algorithms.ts';
import { mgf1 } from '../asymmetric/mgf1.ts';

/** The message, which the caller wipes, in memory of its own. Fault `corrupt` for whatever is wrong. `padded`: all of m^d mod n. */
export function oaepUnpad(padded: Uint8Array, hashName: HashName): Buffer {
  const label = hash(hashName, '', 'buffer');
  const seedMask = mgf1(hashName, padded.subarray(1 + label.length), label.length);
  const seed = xor(padded.subarray(1, 1 + label.length), seedMask);
  const blockMask = mgf1(hashName, seed, padded.length - 1 - label.length);
  const block = xor(padded.subarray(1 + label.length), blockMask);
  const message = Buffer.from(block.subarray(label.length + 1));
  try {
    let bad = padded[0] ?? 1;
    for (let at = 0; at < label.length; at += 1) bad |= (block[at] ?? 0) ^ (label[at] ?? 0);
    const { at, found } = separatorOf(block, label.length);
    bad |= 1 ^ found;
    const good = isZero(bad);
    shiftLeft(message, (at - label.length) & -good);
    const length = (block.length - 1 - at) & -good;
    if (good === 0) throw doesNotDecrypt();
    return Buffer.from(message.subarray(0, length));
  } finally {
    for (const each of [seedMask, seed, blockMask, block, message]) each.fill(0);
  }
}

/** The one fault of a ciphertext that does not decrypt, for whatever reason. */
export function doesNotDecrypt(): HsmFault {
  return new HsmFault('corrupt', 'the ciphertext does not decrypt');
}

/** Where the first byte that is not zero stands, from `start`, and 1 if it is a one. Looks at all of them. */
function separatorOf(block: Uint8Array, start: number): { readonly at: number; readonly found: number } {
  let at = 0;
  let looking = 1;
  let found = 0;
  for (let index = start; index < block.length; index += 1) {
    const byte = block[index] ?? 0;
    const ends = looking & (1 ^ isZero(byte));
    at |= index & -ends;
    found |= ends & isZero(byte ^ 1);
    looking &= 1 ^ ends;
  }
  return { at, found };
}

/** By a secret distance, in steps of powers of two that all are made: what falls out is gone. */
function shiftLeft(bytes: Buffer, distance: number): void {
  for (let step = 1; step <= bytes.length; step *= 2) {
    const mask = -(1 ^ isZero(distance & step));
    for (let at = 0; at < bytes.length; at += 1) {
      const here = bytes[at] ?? 0;
      const there = bytes[at + step] ?? 0;
      bytes[at] = here ^ ((here ^ there) & mask);
    }
  }
}

/** 1 for zero, else 0; of a number of 31 bits at most. */
function isZero(value: number): number {
  return (value - 1) >>> 31;
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  const result = Buffer.alloc(left.length);
  for (let at = 0; at < left.length; at += 1) result[at] = (left[at] ?? 0) ^ (right[at] ?? 0);
  return result;
}
