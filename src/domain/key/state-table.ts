/** Which operation works in which state of a key (AWS KMS developer guide, "Key states of AWS KMS keys"). */
import type { KeyState } from '../kms/api/enums.ts';
import type { KmsOperationName } from '../kms/api/operations.ts';
import type { KmsFaultName } from '../kms/kms-fault.ts';

export type StateOutcome = 'ok' | StateRefusal;

export interface StateRefusal {
  readonly fault: KmsFaultName;
  /** What the answer says, of the key with this ARN. */
  readonly says: (arn: string) => string;
}

/** What the state of a key has to say to an operation on it. */
export function outcomeOf(operation: KmsOperationName, state: KeyState): StateOutcome {
  return ROWS[operation]?.[state] ?? 'ok';
}

const invalid = (says: (arn: string) => string): StateRefusal => ({
  fault: 'KMSInvalidStateException',
  says,
});

const DISABLED: StateRefusal = { fault: 'DisabledException', says: (arn) => `${arn} is disabled.` };
const PENDING_DELETION = invalid((arn) => `${arn} is pending deletion.`);
const PENDING_IMPORT = invalid((arn) => `${arn} is pending import.`);
const UNAVAILABLE = invalid((arn) => `${arn} is unavailable.`);
const CREATING = invalid((arn) => `${arn} is creating.`);

type Row = Readonly<Record<KeyState, StateOutcome>>;

const SYMMETRIC_CRYPTOGRAPHY: Row = {
  Enabled: 'ok',
  Disabled: DISABLED,
  PendingDeletion: PENDING_DELETION,
  PendingReplicaDeletion: PENDING_DELETION,
  PendingImport: PENDING_IMPORT,
  Unavailable: UNAVAILABLE,
  Creating: CREATING,
  Updating: 'ok',
};

const ROWS: Partial<Record<KmsOperationName, Row>> = {
  Encrypt: SYMMETRIC_CRYPTOGRAPHY,
  Decrypt: SYMMETRIC_CRYPTOGRAPHY,
};
