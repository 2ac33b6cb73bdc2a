/**
 * Encryption to an RSA key (RFC 8017, RSAES-OAEP, empty label): in this process with the public half, which the vault
 * has authenticated, and back in the vault. A ciphertext says nothing of its key.
 */
import { constants, publicEncrypt } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { RsaEncryptionRow } from '../../domain/key/algorithms.ts';
import type { KeyRecord } from '../../domain/key/key-record.ts';
import { invalidCiphertext } from '../../domain/kms/ciphertext-blob.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault } from '../../domain/ports/key-vault.ts';
import { currentMaterial, usable } from './key-material.ts';
import { publicHalf } from './public-half.ts';

/** `plaintext`: not longer than the row allows. */
export async function encryptRsa(
  vault: KeyVault,
  record: KeyRecord,
  { row, plaintext }: { readonly row: RsaEncryptionRow; readonly plaintext: Uint8Array },
  context: CallContext,
): Promise<{ readonly ciphertext: Uint8Array }> {
  const { key } = await publicHalf(vault, record, context);
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: row.hash };
  return { ciphertext: publicEncrypt({ key, ...padding }, plaintext) };
}

/**
 * The plaintext, which the caller wipes. Fault: `InvalidCiphertextException`, which does not tell what was wrong with
 * the ciphertext, and the vault's own when it is the key that has suffered.
 */
export async function decryptRsa(
  vault: KeyVault,
  record: KeyRecord,
  { row, ciphertext }: { readonly row: RsaEncryptionRow; readonly ciphertext: Uint8Array },
  context: CallContext,
): Promise<Uint8Array> {
  const { key } = usable(record, currentMaterial(record));
  try {
    return await vault.decryptRsa(key, row, ciphertext, context);
  } catch (error) {
    if (!(error instanceof HsmFault) || error.code !== 'corrupt') throw error;
    // Of a damaged record the vault says the same, here as there.
    await vault.publicKey(key, row, context);
    throw invalidCiphertext(error);
  }
}
