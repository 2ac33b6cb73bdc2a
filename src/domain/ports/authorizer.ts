/** Who may do what: asked once for each thing that a call touches, after that has been found and before anything else. */
import type { KeyRecord } from '../key/key-record.ts';
import type { KmsOperationName } from '../kms/api/operations.ts';
import type { KmsCall } from '../kms/caller.ts';

/** What permissions are given for, without its `kms:`. */
export type KmsAction = Exclude<KmsOperationName, 'ReEncrypt'> | 'ReEncryptFrom' | 'ReEncryptTo';

export type AuthorizedResource =
  | {
      readonly kind: 'key';
      readonly arn: string;
      readonly record: KeyRecord;
      /** `alias/…` when the call named the key by it; absent otherwise. */
      readonly requestAlias?: string;
    }
  | { readonly kind: 'alias'; readonly arn: string }
  /** The `*` of operations that concern no key. */
  | { readonly kind: 'any' };

export interface AuthorizationQuestion {
  readonly action: KmsAction;
  readonly resource: AuthorizedResource;
  /** The whole request: policies have conditions on its members. */
  readonly input: object;
  readonly call: KmsCall;
}

export interface Authorizer {
  /** Returns, or resolves, when it is allowed; a KmsFault `AccessDeniedException` otherwise. */
  authorize(question: AuthorizationQuestion): Promise<void> | undefined;
}

/** Every authenticated caller may do everything. */
export const allowAll: Authorizer = { authorize: () => undefined };
