/** GenerateDataKey: a data key in the clear, and encrypted to keep. */
import { checkContext } from '../../../domain/kms/encryption-context.ts';
import { newDataKey } from '../data-key.ts';
import { dataKeyBytes } from '../data-key-size.ts';
import { requireEncryption } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { refuseRecipient } from '../recipient.ts';

export const generateDataKey: Operation<'GenerateDataKey', OneKey> = {
  name: 'GenerateDataKey',
  countsAs: 'GenerateDataKey',
  precheck: ({ recipient }) => refuseRecipient(recipient),
  check(input) {
    dataKeyBytes(input);
    checkContext(input.encryptionContext);
  },
  keys: usedKey('GenerateDataKey', 'ENCRYPT_DECRYPT', { fits: (key) => requireEncryption(key) }),
  async run({ input, keys: [key], services, context }) {
    return { ...(await newDataKey(services, key, input, context)), keyId: key.arn };
  },
};
