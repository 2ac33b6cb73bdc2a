/** GenerateDataKeyPair: a key pair whose private half is in the clear, and encrypted to keep. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { newDataKeyPair, offeredPairSpec } from '../data-key-pair.ts';
import { requireEncryption } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { refuseRecipient } from '../recipient.ts';

export const generateDataKeyPair: Operation<'GenerateDataKeyPair', OneKey> = {
  name: 'GenerateDataKeyPair',
  countsAs: 'GenerateDataKeyPair',
  precheck(input) {
    offeredPairSpec(input);
    refuseRecipient(input.recipient);
  },
  check: ({ encryptionContext }) => checkContext(encryptionContext),
  keys: usedKey('GenerateDataKeyPair', 'ENCRYPT_DECRYPT', { fits: (key) => requireEncryption(key) }),
  async run({ input, keys: [key], services, context }) {
    const made = await newDataKeyPair(services, key, input, context);
    return { ...made, keyPairSpec: input.keyPairSpec, keyId: key.arn };
  },
};
