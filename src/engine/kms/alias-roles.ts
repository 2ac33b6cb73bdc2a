/** The roles of keys in operations on aliases. */
import { parseKeyIdentifier } from '../../domain/kms/key-identifier.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { KeyRole } from './operation.ts';
import { resolveKey, resolveKeyOrAlias } from './resolve-key.ts';

/** The key that an alias is to lead to: named by its id or ARN. */
export function aliasTarget<N extends 'CreateAlias' | 'UpdateAlias'>(action: N): KeyRole<N> {
  return {
    action,
    crossAccount: false,
    state: 'table',
    find({ targetKeyId }, lookup) {
      if (parseKeyIdentifier(targetKeyId).kind === 'alias') {
        throw new KmsFault('ValidationException', 'Aliases must refer to keys. Not aliases');
      }
      return resolveKey(targetKeyId, lookup);
    },
  };
}

/** The key that an alias leads to so far, whatever its state. */
export function aliasedKey<N extends 'UpdateAlias' | 'DeleteAlias'>(action: N): KeyRole<N> {
  return {
    action,
    crossAccount: false,
    state: 'any',
    find: ({ aliasName }, lookup) => resolveKeyOrAlias(aliasName, lookup),
  };
}
