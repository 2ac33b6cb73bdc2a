/** GenerateDataKeyPairWithoutPlaintext: a key pair whose private half nobody sees before it is decrypted. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { newDataKeyPair, offeredPairSpec } from '../data-key-pair.ts';
import { requireEncryption } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const generateDataKeyPairWithoutPlaintext: Operation<'GenerateDataKeyPairWithoutPlaintext', OneKey> = {
  name: 'GenerateDataKeyPairWithoutPlaintext',
  countsAs: 'GenerateDataKeyPairWithoutPlaintext',
  precheck: (input) => void offeredPairSpec(input),
  check: ({ encryptionContext }) => checkContext(encryptionContext),
  keys: usedKey('GenerateDataKeyPairWithoutPlaintext', 'ENCRYPT_DECRYPT', {
    fits: (key) => requireEncryption(key),
  }),
  async run({ input, keys: [key], services, context }) {
    const { privateKeyPlaintext, ...made } = await newDataKeyPair(services, key, input, context);
    privateKeyPlaintext.fill(0);
    return { ...made, keyPairSpec: input.keyPairSpec, keyId: key.arn };
  },
};
