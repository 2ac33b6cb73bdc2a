/** A new data key pair: its private key encrypted under a KMS key, and for now in the clear. */
import type { DataKeyPairSpec } from '../../domain/kms/api/enums.ts';
import type { EncryptionContext } from '../../domain/kms/encryption-context.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import { type KeyPairSpec, newKeyPair } from './new-key-pair.ts';
import type { FoundKey } from './operation.ts';
import type { KmsServices } from './services.ts';
import { encryptUnder } from './symmetric-ciphertext.ts';

export interface DataKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKeyPlaintext: Uint8Array;
  readonly privateKeyCiphertextBlob: Uint8Array;
  readonly keyMaterialId: string;
}

export interface DataKeyPairRequest {
  readonly keyPairSpec: DataKeyPairSpec;
  readonly encryptionContext?: EncryptionContext;
}

/** Fault: `UnsupportedOperationException` for the spec that AWS has in China alone. */
export function offeredPairSpec({ keyPairSpec }: DataKeyPairRequest): KeyPairSpec {
  if (keyPairSpec !== 'SM2') return keyPairSpec;
  throw new KmsFault(
    'UnsupportedOperationException',
    'This engine does not make SM2 key pairs, which AWS offers in China alone.',
  );
}

/** The private key in the clear is the caller's: to be handed out or wiped. */
export async function newDataKeyPair(
  services: KmsServices,
  key: FoundKey,
  request: DataKeyPairRequest,
  context: CallContext,
): Promise<DataKeyPair> {
  const { publicKey, privateKey } = await newKeyPair(offeredPairSpec(request), services, context);
  try {
    const message = { plaintext: privateKey, encryptionContext: request.encryptionContext };
    const { ciphertext, materialId } = await encryptUnder(services.vault, key.stored.body, message, context);
    return {
      publicKey,
      privateKeyPlaintext: privateKey,
      privateKeyCiphertextBlob: ciphertext,
      keyMaterialId: materialId,
    };
  } catch (error) {
    privateKey.fill(0);
    throw error;
  }
}
