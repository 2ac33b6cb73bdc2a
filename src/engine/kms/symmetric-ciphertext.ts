/** Symmetric encryption under a KMS key: the vault's ciphertext, in a blob that says what opens it. */

import { Bug } from '../../domain/bug.ts';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeyRecord } from '../../domain/key/key-record.ts';
import {
  associatedData,
  blobHeader,
  type CiphertextBlob,
  invalidCiphertext,
  joinBlob,
} from '../../domain/kms/ciphertext-blob.ts';
import { canonicalContext, type EncryptionContext } from '../../domain/kms/encryption-context.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { KeyVault, VaultKey } from '../../domain/ports/key-vault.ts';
import { currentMaterial, materialOf, usable } from './key-material.ts';

export interface EncryptedText {
  /** A ciphertext blob. */
  readonly ciphertext: Uint8Array;
  readonly materialId: string;
}

/** Encrypts under the key's current material. */
export async function encryptUnder(
  vault: KeyVault,
  record: KeyRecord,
  message: { readonly plaintext: Uint8Array; readonly encryptionContext: EncryptionContext | undefined },
  context: CallContext,
): Promise<EncryptedText> {
  const material = currentMaterial(record);
  const { key, blobStart } = usable(record, material);
  const canonical = canonicalContext(message.encryptionContext);
  let header: Uint8Array | undefined;
  const aad = (parts: { nonce: Uint8Array; iv: Uint8Array }): Uint8Array => {
    header = blobHeader(blobStart, parts);
    return associatedData(header, canonical);
  };
  const encrypted = await vault.encrypt(key, { plaintext: message.plaintext, aad }, context);
  if (header === undefined) throw new Bug('the vault encrypted without asking for the associated data');
  return { ciphertext: joinBlob(header, encrypted), materialId: material.materialId };
}

/**
 * The plaintext of a blob that names this key; the caller wipes it. Fault: `InvalidCiphertextException` when anything
 * of the blob or of the context is not as it was, and the vault's own when it is the key that has suffered.
 */
export async function decryptUnder(
  vault: KeyVault,
  record: KeyRecord,
  message: { readonly blob: CiphertextBlob; readonly encryptionContext: EncryptionContext | undefined },
  context: CallContext,
): Promise<Uint8Array> {
  const { blob } = message;
  const material = materialOf(record, blob.materialId);
  if (material === undefined) throw invalidCiphertext();
  const aad = associatedData(blob.header, canonicalContext(message.encryptionContext));
  const { key } = usable(record, material);
  try {
    return await vault.decrypt(key, { ...blob, aad }, context);
  } catch (error) {
    if (!(error instanceof HsmFault) || error.code !== 'corrupt') throw error;
    await requireUsable(vault, key, context);
    throw invalidCiphertext(error);
  }
}

/**
 * A blob is to blame only where its key works: a damaged record, or domain keys that are gone, must not make a customer
 * throw ciphertexts away. Rejects with the vault's fault otherwise.
 */
async function requireUsable(vault: KeyVault, key: VaultKey, context: CallContext): Promise<void> {
  await vault.encrypt(key, { plaintext: Uint8Array.of(0), aad: () => new Uint8Array(0) }, context);
}
