/** GenerateDataKeyWithoutPlaintext: a data key for later, which nobody sees before it is decrypted. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { newDataKey } from '../data-key.ts';
import { dataKeyBytes } from '../data-key-size.ts';
import { requireEncryption } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const generateDataKeyWithoutPlaintext: Operation<'GenerateDataKeyWithoutPlaintext', OneKey> = {
  name: 'GenerateDataKeyWithoutPlaintext',
  countsAs: 'GenerateDataKeyWithoutPlaintext',
  check(input) {
    dataKeyBytes(input);
    checkContext(input.encryptionContext);
  },
  keys: usedKey('GenerateDataKeyWithoutPlaintext', 'ENCRYPT_DECRYPT', {
    fits: (key) => requireEncryption(key),
  }),
  async run({ input, keys: [key], services, context }) {
    const { plaintext, ...answer } = await newDataKey(services, key, input, context);
    plaintext.fill(0);
    return { ...answer, keyId: key.arn };
  },
};
