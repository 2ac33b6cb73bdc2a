/** A new data key: random bytes of the vault, and their ciphertext under a KMS key. */

import type { EncryptionContext } from '../../domain/kms/encryption-context.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import { type DataKeyRequest, dataKeyBytes } from './data-key-size.ts';
import type { FoundKey } from './operation.ts';
import type { KmsServices } from './services.ts';
import { encryptUnder } from './symmetric-ciphertext.ts';

export interface DataKey {
  readonly plaintext: Uint8Array;
  readonly ciphertextBlob: Uint8Array;
  readonly keyMaterialId: string;
}

/** The plaintext is the caller's: to be handed out or wiped. */
export async function newDataKey(
  { vault }: KmsServices,
  key: FoundKey,
  request: DataKeyRequest & { readonly encryptionContext?: EncryptionContext },
  context: CallContext,
): Promise<DataKey> {
  const plaintext = await vault.random(dataKeyBytes(request), context);
  try {
    const message = { plaintext, encryptionContext: request.encryptionContext };
    const { ciphertext, materialId } = await encryptUnder(vault, key.stored.body, message, context);
    return { plaintext, ciphertextBlob: ciphertext, keyMaterialId: materialId };
  } catch (error) {
    plaintext.fill(0);
    throw error;
  }
}
