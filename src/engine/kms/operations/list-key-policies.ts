/** ListKeyPolicies: the one name that there is. */
import { POLICY_NAME } from '../../../domain/key/key-policy.ts';
import { managedKey } from '../key-roles.ts';
import { listPage, sourceOf } from '../list-page.ts';
import type { OneKey, Operation } from '../operation.ts';

export const listKeyPolicies: Operation<'ListKeyPolicies', OneKey> = {
  name: 'ListKeyPolicies',
  keys: managedKey('ListKeyPolicies'),
  async run({ input: { limit, marker }, keys: [key], ...surroundings }) {
    const { entries, more } = await listPage(
      { operation: 'ListKeyPolicies', of: key.arn, limit, marker, defaultLimit: 100, maxLimit: 1000 },
      sourceOf([POLICY_NAME], (name) => name),
      surroundings,
    );
    return { policyNames: entries, ...more };
  },
};
