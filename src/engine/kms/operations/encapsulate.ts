/** Encapsulate: a new shared secret, and what tells it to the holder of the private key. Takes the public half alone. */
import { encapsulate as encapsulateTo } from 'node:crypto';
import { requireAlgorithm } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { publicHalf } from '../public-half.ts';

export const encapsulate: Operation<'Encapsulate', OneKey> = {
  name: 'Encapsulate',
  countsAs: 'Encapsulate',
  keys: usedKey('Encapsulate', 'ENCAPSULATE_DECAPSULATE', {
    fits: (key, { encapsulationAlgorithm }) =>
      requireAlgorithm(key, 'ENCAPSULATE_DECAPSULATE', encapsulationAlgorithm),
  }),
  async run({ input: { encapsulationAlgorithm }, keys: [key], services: { vault }, context }) {
    const half = await publicHalf(vault, key.stored.body, context);
    const { sharedKey, ciphertext } = encapsulateTo(half.key);
    return {
      keyId: key.arn,
      sharedSecret: sharedKey,
      sharedSecretCiphertextBlob: ciphertext,
      encapsulationAlgorithm,
    };
  },
};
