/**
 * Decrypt: the plaintext of a symmetric ciphertext blob, which itself names its key and the material that opens it, or
 * of an RSA ciphertext, which names nothing.
 */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { checkCiphertextRequest, ciphertextOf } from '../ciphertext-request.ts';
import { decryptBy } from '../encryption.ts';
import type { Input, OneKey, Operation } from '../operation.ts';
import { present } from '../present.ts';
import { refuseRecipient } from '../recipient.ts';
import { sourceKey } from '../source-key.ts';

export const decrypt: Operation<'Decrypt', OneKey> = {
  name: 'Decrypt',
  countsAs: 'Decrypt',
  precheck(input) {
    checkCiphertextRequest(input, sourceOf(input), 'KeyId');
    refuseRecipient(input.recipient);
  },
  check: ({ encryptionContext }) => checkContext(encryptionContext),
  keys: [sourceKey('Decrypt', sourceOf)],
  async run({ input, keys: [key], services, context }) {
    const { encryptionAlgorithm = 'SYMMETRIC_DEFAULT' } = input;
    const ciphertext = present(input.ciphertextBlob, 'the ciphertext');
    const text = { ...sourceOf(input), ciphertext };
    const { plaintext, materialId } = await decryptBy(key, text, services.vault, context);
    return {
      plaintext,
      keyId: key.arn,
      encryptionAlgorithm,
      ...(materialId !== undefined && { keyMaterialId: materialId }),
    };
  },
};

function sourceOf(input: Input<'Decrypt'>) {
  const { keyId, encryptionAlgorithm: algorithm, encryptionContext } = input;
  return { keyId, algorithm, encryptionContext, ciphertext: ciphertextOf(input) };
}
