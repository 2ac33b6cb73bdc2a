/** Checks that Decrypt and ReEncrypt share: which of ciphertext and key id a request must have. */
import type { DryRunModifierType } from '../../domain/kms/api/enums.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

export interface CiphertextRequest {
  readonly ciphertextBlob?: Uint8Array;
  readonly dryRun?: boolean;
  readonly dryRunModifiers?: readonly DryRunModifierType[];
}

/** Fault: `ValidationException`. `keyMember` is the name that the request has for the key of its ciphertext. */
export function checkCiphertextRequest(
  request: CiphertextRequest,
  keyId: string | undefined,
  keyMember: 'KeyId' | 'SourceKeyId',
): void {
  if (!ignoresCiphertext(request)) {
    if (request.ciphertextBlob === undefined) throw new KmsFault('ValidationException', MISSING_CIPHERTEXT);
    return;
  }
  if (request.dryRun !== true) {
    throw new KmsFault('ValidationException', 'DryRunModifiers can only be given together with DryRun.');
  }
  if (keyId === undefined) {
    throw new KmsFault(
      'ValidationException',
      `${keyMember} is required where DryRunModifiers has IGNORE_CIPHERTEXT.`,
    );
  }
}

/** Whether the caller asks for its permissions alone, whatever the ciphertext. */
export function ignoresCiphertext({ dryRunModifiers = [] }: CiphertextRequest): boolean {
  return dryRunModifiers.includes('IGNORE_CIPHERTEXT');
}

const MISSING_CIPHERTEXT =
  "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";
