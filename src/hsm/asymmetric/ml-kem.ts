/** ML-KEM (FIPS 203) from a seed, by OpenSSL. */
import { decapsulate } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { EncapsulationRow } from '../../domain/key/algorithms.ts';
import { privateKeyOfSeed } from './seed-key.ts';

/** 32 bytes, which the caller wipes. Wipes the seed. Fault `corrupt` for a ciphertext of another length. */
export function decapsulateMlKem(
  seed: Uint8Array,
  { spec, ciphertextBytes }: EncapsulationRow,
  ciphertext: Uint8Array,
): Buffer {
  try {
    if (ciphertext.length !== ciphertextBytes) {
      throw new HsmFault('corrupt', `a ciphertext of this key has ${ciphertextBytes} bytes`);
    }
    return decapsulate(privateKeyOfSeed(spec, seed), ciphertext);
  } finally {
    seed.fill(0);
  }
}
