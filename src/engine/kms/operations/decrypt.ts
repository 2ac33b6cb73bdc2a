/** Decrypt: the plaintext of a ciphertext blob, which itself names its key and the material that opens it. */
import { parseBlob } from '../../../domain/kms/ciphertext-blob.ts';
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { checkCiphertextRequest, ignoresCiphertext } from '../ciphertext-request.ts';
import { requireEncryption } from '../key-algorithm.ts';
import type { OneKey, Operation } from '../operation.ts';
import { present } from '../present.ts';
import { refuseRecipient } from '../recipient.ts';
import { findSourceKey } from '../source-key.ts';
import { decryptUnder } from '../symmetric-ciphertext.ts';

export const decrypt: Operation<'Decrypt', OneKey> = {
  name: 'Decrypt',
  countsAs: 'Decrypt',
  check(input) {
    checkCiphertextRequest(input, input.keyId, 'KeyId');
    refuseRecipient(input.recipient);
    checkContext(input.encryptionContext);
  },
  keys: [
    {
      action: 'Decrypt',
      crossAccount: true,
      state: 'table',
      usage: 'ENCRYPT_DECRYPT',
      find: (input, lookup) =>
        findSourceKey(ignoresCiphertext(input) ? undefined : input.ciphertextBlob, input.keyId, lookup),
      fits: (key, { encryptionAlgorithm }) => requireEncryption(key, encryptionAlgorithm),
    },
  ],
  async run({ input, keys: [key], services, context }) {
    const { ciphertextBlob, encryptionContext, encryptionAlgorithm = 'SYMMETRIC_DEFAULT' } = input;
    const blob = parseBlob(present(ciphertextBlob, 'the ciphertext'));
    const message = { blob, encryptionContext };
    const plaintext = await decryptUnder(services.vault, key.stored.body, message, context);
    return { plaintext, keyId: key.arn, encryptionAlgorithm, keyMaterialId: blob.materialId };
  },
};
