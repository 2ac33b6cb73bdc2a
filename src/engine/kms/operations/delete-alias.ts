/** DeleteAlias: the name is free again; the key stays. */
import { checkAliasName } from '../../../domain/key/alias-name.ts';
import { aliasOf, aliasPermission, deletedAlias, requireAlias } from '../alias-change.ts';
import { aliasedKey } from '../alias-roles.ts';
import type { OneKey, Operation } from '../operation.ts';

export const deleteAlias: Operation<'DeleteAlias', OneKey> = {
  name: 'DeleteAlias',
  keys: [aliasedKey('DeleteAlias')],
  alsoNeeds: ({ aliasName }, call) => [aliasPermission('DeleteAlias', aliasName, call)],
  precheck: ({ aliasName }) => checkAliasName(aliasName),
  async run({ input: { aliasName }, keys: [key], call, services }) {
    const alias = await requireAlias(aliasOf(aliasName, call), key, services);
    await services.store.commit([deletedAlias(alias)]);
    return undefined;
  },
};
