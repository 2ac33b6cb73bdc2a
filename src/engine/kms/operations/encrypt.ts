/** Encrypt: up to 4 096 bytes under a key's current material. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { requireEncryption } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { encryptUnder } from '../symmetric-ciphertext.ts';

export const encrypt: Operation<'Encrypt', OneKey> = {
  name: 'Encrypt',
  countsAs: 'Encrypt',
  check: ({ encryptionContext }) => checkContext(encryptionContext),
  keys: usedKey('Encrypt', 'ENCRYPT_DECRYPT', {
    fits: (key, { encryptionAlgorithm }) => requireEncryption(key, encryptionAlgorithm),
  }),
  async run({ input, keys: [key], services, context }) {
    const { plaintext, encryptionContext, encryptionAlgorithm = 'SYMMETRIC_DEFAULT' } = input;
    const { blob } = await encryptUnder(
      services.vault,
      key.stored.body,
      { plaintext, encryptionContext },
      context,
    );
    return { ciphertextBlob: blob, keyId: key.arn, encryptionAlgorithm };
  },
};
