/**
 * Ed25519 and Ed25519ph (RFC 8032, empty context) from a seed: the first by OpenSSL, the second by @noble/curves, since
 * node:crypto has it not.
 */
import { sign } from 'node:crypto';
import type * as Ed25519 from '@noble/curves/ed25519.js';
import type { EdwardsRow } from '../../domain/key/algorithms.ts';
import type { SigningRequest } from '../../domain/ports/key-vault.ts';
import { privateKeyOfSeed } from './seed-key.ts';
import { whenNeeded } from './when-needed.ts';

export type EdwardsRequest = SigningRequest & { readonly row: EdwardsRow };

/** Wipes the seed. The input of Ed25519ph is hashed here, although AWS has it be a digest already. */
export function signEdwards(seed: Uint8Array, { row, input }: EdwardsRequest): Uint8Array {
  try {
    if (row.kind === 'ed25519ph') return ed25519().ed25519ph.sign(input, seed);
    return sign(null, input, privateKeyOfSeed(row.spec, seed));
  } finally {
    seed.fill(0);
  }
}

const ed25519 = whenNeeded<typeof Ed25519>('@noble/curves/ed25519.js');
