/** The two kinds of roles that nearly all keys of operations have. */

import type { KeyUsageType } from '../../domain/kms/api/enums.ts';
import type { KmsOperationName } from '../../domain/kms/api/operations.ts';
import type { KmsAction } from '../../domain/ports/authorizer.ts';
import type { Input, KeyRole } from './operation.ts';
import { resolveKey, resolveKeyOrAlias } from './resolve-key.ts';

/** An operation whose request has a `KeyId`. */
export type KeyedOperation = {
  [N in KmsOperationName & KmsAction]: Input<N> extends { readonly keyId: string } ? N : never;
}[KmsOperationName & KmsAction];

/** A key that is managed: named by its id or ARN, and only by callers of its account. */
export function managedKey<N extends KeyedOperation>(
  action: N,
  options: Partial<Pick<KeyRole<N>, 'state' | 'crossAccount'>> = {},
): readonly [KeyRole<N>] {
  return [
    {
      action,
      crossAccount: false,
      state: 'table',
      find: (input, lookup) => resolveKey(input.keyId, lookup),
      ...options,
    },
  ];
}

/** A key that is used: named in each of the four ways, also from other accounts. */
export function usedKey<N extends KeyedOperation>(
  action: N,
  usage: KeyUsageType,
  options: Partial<Pick<KeyRole<N>, 'fits'>> = {},
): readonly [KeyRole<N>] {
  return [
    {
      action,
      crossAccount: true,
      state: 'table',
      usage,
      find: (input, lookup) => resolveKeyOrAlias(input.keyId, lookup),
      ...options,
    },
  ];
}
