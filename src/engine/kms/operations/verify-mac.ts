/** VerifyMac: whether a MAC is the key's. It never answers no: what is not valid is an error. */
import { timingSafeEqual } from 'node:crypto';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { requireAlgorithm } from '../key-algorithm.ts';
import { usedKey } from '../key-roles.ts';
import { macOf } from '../message-mac.ts';
import type { OneKey, Operation } from '../operation.ts';

export const verifyMac: Operation<'VerifyMac', OneKey> = {
  name: 'VerifyMac',
  countsAs: 'VerifyMac',
  keys: usedKey('VerifyMac', 'GENERATE_VERIFY_MAC', {
    fits: (key, { macAlgorithm }) => requireAlgorithm(key, 'GENERATE_VERIFY_MAC', macAlgorithm),
  }),
  async run({ input, keys: [key], services, context }) {
    const mac = await macOf(services.vault, key, input, context);
    if (mac.length !== input.mac.length || !timingSafeEqual(mac, input.mac)) {
      throw new KmsFault('KMSInvalidMacException');
    }
    return { keyId: key.arn, macValid: true, macAlgorithm: input.macAlgorithm };
  },
};
