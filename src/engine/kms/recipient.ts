/** Answers for an enclave (`Recipient`): what its attestation document asks for. */
import type { RecipientInfo } from '../../domain/kms/api/types.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

/** This engine checks no attestation documents, and gives nothing in the clear to a caller who asked for more. */
export function refuseRecipient(recipient: RecipientInfo | undefined): void {
  if (recipient === undefined) return;
  throw new KmsFault(
    'UnsupportedOperationException',
    'This engine does not support Recipient. Leave it out to get the answer in the clear.',
  );
}
