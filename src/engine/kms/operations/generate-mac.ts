/** GenerateMac: the HMAC of a message, whole. */
import { requireAlgorithm } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import { macOf } from '../message-mac.ts';
import type { OneKey, Operation } from '../operation.ts';

export const generateMac: Operation<'GenerateMac', OneKey> = {
  name: 'GenerateMac',
  countsAs: 'GenerateMac',
  keys: usedKey('GenerateMac', 'GENERATE_VERIFY_MAC', {
    fits: (key, { macAlgorithm }) => requireAlgorithm(key, 'GENERATE_VERIFY_MAC', macAlgorithm),
  }),
  async run({ input, keys: [key], services, context }) {
    const mac = await macOf(services.vault, key, input, context);
    return { keyId: key.arn, mac, macAlgorithm: input.macAlgorithm };
  },
};
