/** EMSA-PSS (RFC 8017, 9.1.1) of a digest, with MGF1 by the same hash and a salt as long as the digest. */
import { hash } from 'node:crypto';
import type { RsaSignatureRow } from '../../domain/key/algorithms.ts';
import { mgf1 } from './mgf1.ts';

/** As many bytes as the modulus, whose first bit is 0. `salt` has the length of the digest. */
export function pssEncode(row: RsaSignatureRow, digest: Uint8Array, salt: Uint8Array): Buffer {
  const hashed = hash(row.hash, Buffer.concat([Buffer.alloc(8), digest, salt]), 'buffer');
  const maskedBytes = row.modulusBytes - row.digestBytes - 1;
  const padded = Buffer.concat([Buffer.alloc(maskedBytes - salt.length - 1), Uint8Array.of(1), salt]);
  const mask = mgf1(row.hash, hashed, maskedBytes);
  const masked = padded.map((byte, index) => byte ^ (mask[index] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, hashed, Uint8Array.of(0xbc)]);
}
