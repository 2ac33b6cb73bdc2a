/** What a file of `operations/` exports: one operation of the API, as the pipeline needs it. */

import type { KeyLastUsageTrackingOperation, KeyUsageType } from '../../domain/kms/api/enums.ts';
import type { KmsOperationName, KmsOperations } from '../../domain/kms/api/operations.ts';
import type { KmsCall } from '../../domain/kms/caller.ts';
import type { AuthorizedResource, KmsAction } from '../../domain/ports/authorizer.ts';
import type { CallContext } from '../../domain/ports/hsm.ts';
import type { StoredRecord } from '../../domain/ports/record-store.ts';
import type { KmsServices } from './services.ts';
import type { Soon } from './when-there.ts';

export type Input<N extends KmsOperationName> = KmsOperations[N]['input'];
export type Output<N extends KmsOperationName> = KmsOperations[N]['output'];

/** One operation; `K` is how many keys it acts on: {@link NoKey}, {@link OneKey} or {@link TwoKeys}. */
export interface Operation<N extends KmsOperationName, K extends readonly FoundKey[] = readonly FoundKey[]> {
  readonly name: N;
  /** The keys that it acts on, in the order in which they are found, authorized and checked. */
  readonly keys: { readonly [I in keyof K]: KeyRole<N> };
  /** Permissions that the caller needs beside those for the keys. */
  readonly alsoNeeds?: (input: Input<N>, call: KmsCall) => readonly Permission[];
  /** What finding its keys relies on, and whether the operation is there at all. */
  readonly precheck?: (input: Input<N>) => void;
  /** Checks of the input that its model cannot express, and that need no key. */
  readonly check?: (input: Input<N>) => void;
  /** A success is the last use of its keys, under this name. */
  readonly countsAs?: KeyLastUsageTrackingOperation;
  /** Not part of this engine: the caller gets `UnsupportedOperationException`. */
  readonly unsupported?: true;
  /** Runs again from the start when a commit of it meets a `StoreConflict`. */
  run(request: OperationRequest<N, K>): Promise<Output<N>>;
}

export type NoKey = readonly [];
export type OneKey = readonly [FoundKey];
export type TwoKeys = readonly [FoundKey, FoundKey];

/** Leave to do something with something; `{ kind: 'any' }` where it concerns neither key nor alias. */
export interface Permission {
  readonly action: KmsAction;
  readonly resource: AuthorizedResource;
}

/** One of the keys of an operation. */
export interface KeyRole<N extends KmsOperationName> {
  /** The permission that the caller needs for it. */
  readonly action: KmsAction;
  /** Whether callers of other accounts can have that permission. */
  readonly crossAccount: boolean;
  readonly find: (input: Input<N>, lookup: KeyLookup) => Soon<FoundKey>;
  /** Whether the row of the operation in the state table applies; `any` for a key whose state does not matter. */
  readonly state: 'table' | 'any';
  /** What the key must be for. */
  readonly usage?: KeyUsageType;
  /** Refuses a key that may be used, and is not the one that the request is about. */
  readonly isTheOne?: (key: FoundKey, input: Input<N>) => void;
  /** The last check: refuses what the request asks of this very key, such as an algorithm. */
  readonly fits?: (key: FoundKey, input: Input<N>) => void;
}

/** How roles find their keys: `resolve-key.ts`. */
export interface KeyLookup {
  readonly services: KmsServices;
  readonly call: KmsCall;
  /** For errors that name it. */
  readonly action: KmsAction;
}

export interface FoundKey {
  readonly stored: StoredRecord<'key'>;
  readonly arn: string;
  /** `alias/…` when the request named the key by it. */
  readonly requestAlias?: string;
}

export interface OperationRequest<N extends KmsOperationName, K extends readonly FoundKey[]> {
  readonly input: Input<N>;
  readonly keys: K;
  readonly call: KmsCall;
  readonly services: KmsServices;
  /** For calls of the vault. */
  readonly context: CallContext;
}
