/** Checks that Decrypt and ReEncrypt share: which of ciphertext and key id a request must have. */
import type { DryRunModifierType, EncryptionAlgorithmSpec } from '../../domain/kms/api/enums.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

export interface CiphertextRequest {
  readonly ciphertextBlob?: Uint8Array;
  readonly dryRun?: boolean;
  readonly dryRunModifiers?: readonly DryRunModifierType[];
}

/** The key of the ciphertext, by what a request says of it. */
export interface CiphertextKey {
  readonly keyId: string | undefined;
  readonly algorithm: EncryptionAlgorithmSpec | undefined;
}

/** Fault: `ValidationException`. `keyMember` is the name that the request has for the key of its ciphertext. */
export function checkCiphertextRequest(
  request: CiphertextRequest,
  key: CiphertextKey,
  keyMember: 'KeyId' | 'SourceKeyId',
): void {
  if (ignoresCiphertext(request)) checkWithoutCiphertext(request, key, keyMember);
  else if (request.ciphertextBlob === undefined)
    throw new KmsFault('ValidationException', MISSING_CIPHERTEXT);
  if (key.keyId === undefined && !namesItsKey(key)) {
    throw new KmsFault('ValidationException', `${keyMember} must not be null`);
  }
}

/** The ciphertext; undefined where the caller asks for its permissions alone, whatever the ciphertext. */
export function ciphertextOf(request: CiphertextRequest): Uint8Array | undefined {
  return ignoresCiphertext(request) ? undefined : request.ciphertextBlob;
}

/** Whether the ciphertext itself says what opens it: that of a symmetric key does. */
export function namesItsKey({ algorithm = 'SYMMETRIC_DEFAULT' }: CiphertextKey): boolean {
  return algorithm === 'SYMMETRIC_DEFAULT';
}

function checkWithoutCiphertext(
  { dryRun }: CiphertextRequest,
  { keyId }: CiphertextKey,
  keyMember: string,
): void {
  if (dryRun !== true) {
    throw new KmsFault('ValidationException', 'DryRunModifiers can only be given together with DryRun.');
  }
  if (keyId === undefined) {
    throw new KmsFault(
      'ValidationException',
      `${keyMember} is required where DryRunModifiers has IGNORE_CIPHERTEXT.`,
    );
  }
}

function ignoresCiphertext({ dryRunModifiers = [] }: CiphertextRequest): boolean {
  return dryRunModifiers.includes('IGNORE_CIPHERTEXT');
}

const MISSING_CIPHERTEXT =
  "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";
