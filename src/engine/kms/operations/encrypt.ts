/** Encrypt: up to 4 096 bytes under a symmetric key, or what fits to the public half of an RSA key. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { encryptFor, requireEncryptable } from '../encryption.ts';
import { usedKey } from '../key-roles.ts';
import type { Input, OneKey, Operation } from '../operation.ts';

export const encrypt: Operation<'Encrypt', OneKey> = {
  name: 'Encrypt',
  countsAs: 'Encrypt',
  check: ({ encryptionContext }) => checkContext(encryptionContext),
  keys: usedKey('Encrypt', 'ENCRYPT_DECRYPT', {
    fits: (key, input) => requireEncryptable(key, choiceOf(input), input.plaintext),
  }),
  async run({ input, keys: [key], services, context }) {
    const { plaintext, encryptionAlgorithm = 'SYMMETRIC_DEFAULT' } = input;
    const { ciphertext } = await encryptFor(key, { ...choiceOf(input), plaintext }, services.vault, context);
    return { ciphertextBlob: ciphertext, keyId: key.arn, encryptionAlgorithm };
  },
};

function choiceOf({ encryptionAlgorithm, encryptionContext }: Input<'Encrypt'>) {
  return { algorithm: encryptionAlgorithm, encryptionContext };
}
