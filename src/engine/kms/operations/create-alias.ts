/** CreateAlias: another name for a key. */
import { checkAliasName } from '../../../domain/key/alias-name.ts';
import { aliasAddress } from '../../../domain/key/record-address.ts';
import { aliasArn } from '../../../domain/kms/arn.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { aliasOf, aliasPermission, putAlias, requireRoomForAlias } from '../alias-change.ts';
import { aliasTarget } from '../alias-roles.ts';
import { unchangedKey } from '../key-change.ts';
import type { OneKey, Operation } from '../operation.ts';

export const createAlias: Operation<'CreateAlias', OneKey> = {
  name: 'CreateAlias',
  keys: [aliasTarget('CreateAlias')],
  alsoNeeds: ({ aliasName }, call) => [aliasPermission('CreateAlias', aliasName, call)],
  precheck: ({ aliasName }) => checkAliasName(aliasName),
  async run({ input: { aliasName }, keys: [key], call, services }) {
    const alias = aliasOf(aliasName, call);
    if ((await services.store.get('alias', aliasAddress(alias))) !== undefined) {
      const arn = aliasArn(alias);
      throw new KmsFault('AlreadyExistsException', `An alias with the name ${arn} already exists`);
    }
    await requireRoomForAlias(key, services);
    const nowMs = services.clock.nowMs();
    const record = { ...alias, targetKeyId: key.stored.body.keyId, createdMs: nowMs, updatedMs: nowMs };
    await services.store.commit([putAlias(record, 0), unchangedKey(key.stored)]);
    return undefined;
  },
};
