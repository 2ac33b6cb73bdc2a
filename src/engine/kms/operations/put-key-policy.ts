/** PutKeyPolicy: another policy for a key. Whether it locks the caller out is not looked at. */
import { checkPolicyDocument, requirePolicyName } from '../../../domain/key/key-policy.ts';
import { keyChange } from '../key-change.ts';
import { managedKey } from '../key-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const putKeyPolicy: Operation<'PutKeyPolicy', OneKey> = {
  name: 'PutKeyPolicy',
  keys: managedKey('PutKeyPolicy'),
  check: ({ policy }) => checkPolicyDocument(policy),
  async run({ input: { policy, policyName }, keys: [key], services }) {
    requirePolicyName(policyName);
    await services.store.commit([keyChange({ ...key.stored.body, policy }, key.stored.revision)]);
    return undefined;
  },
};
