/** Verify: whether a signature is the key's. It never answers no: what is not valid is an error. */
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { requireAlgorithm } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';
import { publicHalf } from '../public-half.ts';
import { isSignature } from '../signature/is-signature.ts';
import { requireMessage } from '../signature/signed-message.ts';

export const verify: Operation<'Verify', OneKey> = {
  name: 'Verify',
  countsAs: 'Verify',
  keys: usedKey('Verify', 'SIGN_VERIFY', {
    fits: (key, input) => requireMessage(requireAlgorithm(key, 'SIGN_VERIFY', input.signingAlgorithm), input),
  }),
  async run({ input, keys: [key], services, context }) {
    const { signature, signingAlgorithm } = input;
    const row = requireAlgorithm(key, 'SIGN_VERIFY', signingAlgorithm);
    const half = await publicHalf(services.vault, key.stored.body, context);
    const patience = { clock: services.clock, ...context };
    if (!(await isSignature(signature, row, input, half, patience)))
      throw new KmsFault('KMSInvalidSignatureException');
    return { keyId: key.arn, signatureValid: true, signingAlgorithm };
  },
};
