/**
 * What each operation answers in each state of its key: the table of the facts, kms-behaviour.md §3, as data. What
 * depends on the kind of key and not on its state is in operation-fitness.ts, and is asked first.
 */
import type { KeyState } from '../kms/api/enums.ts';
import type { KmsOperationName } from '../kms/api/operations.ts';
import type { KmsFaultName } from '../kms/kms-fault.ts';

export type StateOutcome = 'ok' | StateRefusal;

export interface StateRefusal {
  readonly fault: KmsFaultName;
  /** What the answer says, of the key with this ARN. */
  readonly says: (arn: string) => string;
}

/** What a key in this state has to say to an operation on it; operations without a key are `ok` in every state. */
export function outcomeOf(operation: KmsOperationName, state: KeyState): StateOutcome {
  const row: StateRow | 'no key' = STATE_TABLE[operation];
  return row === 'no key' ? 'ok' : row[state];
}

type StateRow = Readonly<Record<KeyState, StateOutcome>>;

const invalidState = (says: (arn: string) => string): StateRefusal => ({
  fault: 'KMSInvalidStateException',
  says,
});

const DISABLED: StateRefusal = { fault: 'DisabledException', says: (arn) => `${arn} is disabled.` };
const PENDING_DELETION = invalidState((arn) => `${arn} is pending deletion.`);
const PENDING_REPLICA_DELETION = invalidState((arn) => `${arn} is pending replica deletion.`);
const NOT_PENDING_DELETION = invalidState((arn) => `${arn} is not pending deletion.`);
const PENDING_IMPORT = invalidState((arn) => `${arn} is pending import.`);
const UNAVAILABLE = invalidState((arn) => `${arn} is unavailable.`);
const CREATING = invalidState((arn) => `${arn} is creating.`);
const UPDATING = invalidState((arn) => `${arn} is updating.`);
const ORIGIN_EXTERNAL: StateRefusal = {
  fault: 'UnsupportedOperationException',
  says: (arn) => `${arn} origin is EXTERNAL which is not valid for this operation.`,
};

/**
 * Only keys of custom key stores are ever unavailable, and those stores hold none of the keys that the operation is
 * for: where the table has a dash, the state answers for itself.
 */
const NOT_APPLICABLE = UNAVAILABLE;

const ANY_STATE: StateRow = {
  Enabled: 'ok',
  Disabled: 'ok',
  PendingDeletion: 'ok',
  PendingReplicaDeletion: 'ok',
  PendingImport: 'ok',
  Unavailable: 'ok',
  Creating: 'ok',
  Updating: 'ok',
};

const UNLESS_PENDING_DELETION: StateRow = {
  ...ANY_STATE,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_REPLICA_DELETION,
};

const CANCEL_DELETION: StateRow = {
  Enabled: NOT_PENDING_DELETION,
  Disabled: NOT_PENDING_DELETION,
  PendingDeletion: 'ok',
  PendingReplicaDeletion: 'ok',
  PendingImport: NOT_PENDING_DELETION,
  Unavailable: NOT_PENDING_DELETION,
  Creating: NOT_PENDING_DELETION,
  Updating: NOT_PENDING_DELETION,
};

/** In `Updating`, too: a primary and its replica change places without a pause. */
const USE: StateRow = {
  ...UNLESS_PENDING_DELETION,
  Disabled: DISABLED,
  PendingImport: PENDING_IMPORT,
  Unavailable: UNAVAILABLE,
  Creating: CREATING,
};

const USE_OF_OTHER_KINDS: StateRow = { ...USE, Unavailable: NOT_APPLICABLE };

const SWITCH: StateRow = {
  ...UNLESS_PENDING_DELETION,
  PendingImport: PENDING_IMPORT,
  Creating: CREATING,
  Updating: UPDATING,
};

const SET_ROTATION: StateRow = {
  ...UNLESS_PENDING_DELETION,
  Disabled: DISABLED,
  PendingImport: ORIGIN_EXTERNAL,
  Creating: CREATING,
};

const START_IMPORT: StateRow = { ...UNLESS_PENDING_DELETION, Creating: CREATING, Updating: UPDATING };

/** Each operation once. */
const STATE_TABLE = {
  DeleteAlias: ANY_STATE,
  DescribeKey: ANY_STATE,
  GetKeyPolicy: ANY_STATE,
  PutKeyPolicy: ANY_STATE,
  ListAliases: ANY_STATE,
  ListGrants: ANY_STATE,
  ListKeyPolicies: ANY_STATE,
  ListResourceTags: ANY_STATE,
  RetireGrant: ANY_STATE,
  RevokeGrant: ANY_STATE,
  GetKeyLastUsage: ANY_STATE,

  CancelKeyDeletion: CANCEL_DELETION,
  ScheduleKeyDeletion: { ...UNLESS_PENDING_DELETION, Updating: UPDATING },

  CreateAlias: UNLESS_PENDING_DELETION,
  TagResource: UNLESS_PENDING_DELETION,
  UntagResource: UNLESS_PENDING_DELETION,
  UpdateKeyDescription: UNLESS_PENDING_DELETION,
  /** Of the key that the alias is to point to; the one it leaves may be in any state. */
  UpdateAlias: UNLESS_PENDING_DELETION,

  CreateGrant: { ...USE, Unavailable: 'ok' },
  Encrypt: USE,
  Decrypt: USE,
  ReEncrypt: USE,
  GenerateDataKey: USE,
  GenerateDataKeyWithoutPlaintext: USE,
  GenerateDataKeyPair: { ...USE, Unavailable: 'ok' },
  GenerateDataKeyPairWithoutPlaintext: { ...USE, Unavailable: 'ok' },
  Sign: USE_OF_OTHER_KINDS,
  Verify: USE_OF_OTHER_KINDS,
  GenerateMac: USE_OF_OTHER_KINDS,
  VerifyMac: USE_OF_OTHER_KINDS,
  DeriveSharedSecret: USE_OF_OTHER_KINDS,
  Encapsulate: USE_OF_OTHER_KINDS,
  Decapsulate: USE_OF_OTHER_KINDS,
  GetPublicKey: { ...UNLESS_PENDING_DELETION, Unavailable: NOT_APPLICABLE, Creating: CREATING },

  EnableKey: SWITCH,
  DisableKey: SWITCH,

  EnableKeyRotation: SET_ROTATION,
  DisableKeyRotation: SET_ROTATION,
  GetKeyRotationStatus: { ...ANY_STATE, PendingImport: ORIGIN_EXTERNAL },
  ListKeyRotations: ANY_STATE,
  RotateKeyOnDemand: { ...SET_ROTATION, PendingImport: PENDING_IMPORT },

  GetParametersForImport: START_IMPORT,
  ImportKeyMaterial: { ...START_IMPORT, Updating: 'ok' },
  DeleteImportedKeyMaterial: {
    ...ANY_STATE,
    Unavailable: NOT_APPLICABLE,
    Creating: CREATING,
    Updating: UPDATING,
  },

  ReplicateKey: { ...USE_OF_OTHER_KINDS, Updating: UPDATING },
  UpdatePrimaryRegion: USE_OF_OTHER_KINDS,

  CreateKey: 'no key',
  ListKeys: 'no key',
  GenerateRandom: 'no key',
  ListRetirableGrants: 'no key',
  CreateCustomKeyStore: 'no key',
  ConnectCustomKeyStore: 'no key',
  DescribeCustomKeyStores: 'no key',
  UpdateCustomKeyStore: 'no key',
  DisconnectCustomKeyStore: 'no key',
  DeleteCustomKeyStore: 'no key',
} as const satisfies Readonly<Record<KmsOperationName, StateRow | 'no key'>>;
