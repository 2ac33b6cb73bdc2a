/** GetKeyPolicy: the key's policy, as it was given. */
import { POLICY_NAME, requirePolicyName } from '../../../domain/key/key-policy.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const getKeyPolicy: Operation<'GetKeyPolicy', OneKey> = {
  name: 'GetKeyPolicy',
  keys: managedKey('GetKeyPolicy'),
  async run({ input, keys: [key] }) {
    requirePolicyName(input.policyName);
    return { policy: key.stored.body.policy, policyName: POLICY_NAME };
  },
};
