/** UpdateAlias: an alias leads to another key of the same type and usage. */
import { checkAliasName } from '../../../domain/key/alias-name.ts';
import type { KeyRecord } from '../../../domain/key/key-record.ts';
import { keyTypeOf } from '../../../domain/key/key-specs.ts';
import { KmsFault } from '../../../domain/kms/kms-fault.ts';
import { aliasOf, aliasPermission, putAlias, requireAlias, requireRoomForAlias } from '../alias-change.ts';
import { aliasedKey, aliasTarget } from '../alias-roles.ts';
import { unchangedKey } from '../key-change.ts';
import type { Operation, TwoKeys } from '../operation.ts';

export const updateAlias: Operation<'UpdateAlias', TwoKeys> = {
  name: 'UpdateAlias',
  keys: [aliasedKey('UpdateAlias'), aliasTarget('UpdateAlias')],
  alsoNeeds: ({ aliasName }, call) => [aliasPermission('UpdateAlias', aliasName, call)],
  precheck: ({ aliasName }) => checkAliasName(aliasName),
  async run({ input: { aliasName }, keys: [from, to], call, services }) {
    requireSameKind(from.stored.body, to.stored.body);
    if (from.arn !== to.arn) await requireRoomForAlias(to, services);
    const alias = await requireAlias(aliasOf(aliasName, call), from, services);
    const target = { targetKeyId: to.stored.body.keyId, updatedMs: services.clock.nowMs() };
    await services.store.commit([
      putAlias({ ...alias.body, ...target }, alias.revision),
      unchangedKey(to.stored),
    ]);
    return undefined;
  },
};

function requireSameKind(from: KeyRecord, to: KeyRecord): void {
  if (keyTypeOf(from.spec) === keyTypeOf(to.spec) && from.usage === to.usage) return;
  throw new KmsFault(
    'ValidationException',
    `The alias leads to a key of type ${keyTypeOf(from.spec)} and usage ${from.usage}, and can only be moved to another such key; the target is of type ${keyTypeOf(to.spec)} and usage ${to.usage}.`,
  );
}
