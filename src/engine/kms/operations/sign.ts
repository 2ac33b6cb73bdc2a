/** Sign: a signature of a message, or of what the caller has made of it, by the private half. */
import { requireAlgorithm } from '../key-algorithm.ts';
import { currentMaterial, usable } from '../key-material.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { requireMessage, signingRequest } from '../signature/signed-message.ts';

export const sign: Operation<'Sign', OneKey> = {
  name: 'Sign',
  countsAs: 'Sign',
  keys: usedKey('Sign', 'SIGN_VERIFY', {
    fits: (key, input) => requireMessage(requireAlgorithm(key, 'SIGN_VERIFY', input.signingAlgorithm), input),
  }),
  async run({ input, keys: [key], services, context }) {
    const { signingAlgorithm } = input;
    const record = key.stored.body;
    const request = signingRequest(requireAlgorithm(key, 'SIGN_VERIFY', signingAlgorithm), input);
    const material = usable(record, currentMaterial(record));
    const signature = await services.vault.sign(material.key, request, context);
    return { keyId: key.arn, signature, signingAlgorithm };
  },
};
