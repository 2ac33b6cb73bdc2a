/** RSAES-OAEP by OpenSSL, which takes the same time for every padding. */
import { constants, type KeyObject, privateDecrypt } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { RsaEncryptionRow } from '../../domain/key/algorithms.ts';

/** The plaintext, which the caller wipes. Fault `corrupt` for everything that does not decrypt. */
export function decryptRsaOaep(key: KeyObject, row: RsaEncryptionRow, ciphertext: Uint8Array): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  try {
    if (ciphertext.length === row.modulusBytes) {
      return privateDecrypt({ key, padding, oaepHash: row.hash }, ciphertext);
    }
  } catch {
    // Why it did not decrypt is told to nobody.
  }
  throw new HsmFault('corrupt', 'the ciphertext does not decrypt');
}
