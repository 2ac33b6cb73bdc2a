/** Errors as data: HTTP status codes, and what each fault behind the HSM ports becomes. docs/errors.md mirrors both. */
import type { HsmFaultCode } from '../../domain/hsm-fault.ts';
import type { XksFaultName } from '../../domain/xks/xks-fault.ts';

/** @req X-48 X-49 X-50 X-51 X-52 X-53 X-54 X-55 X-56 X-57 X-58 X-59 */
export const HTTP_STATUS = {
  ValidationException: 400,
  InvalidStateException: 400,
  InvalidCiphertextException: 400,
  InvalidKeyUsageException: 400,
  AuthenticationFailedException: 401,
  AccessDeniedException: 403,
  KeyNotFoundException: 404,
  InvalidUriPathException: 404,
  ThrottlingException: 429,
  UnsupportedOperationException: 501,
  DependencyTimeoutException: 503,
  InternalException: 500,
} as const satisfies Record<XksFaultName, number>;

/**
 * Only `corrupt` blames the caller's data: a fault of the token must never make a customer believe that a
 * ciphertext is lost.
 * @req X-49 X-50 X-51 X-54 X-56 X-57 X-58 X-59
 */
export const XKS_FAULT_OF_HSM = {
  timeout: 'DependencyTimeoutException',
  busy: 'ThrottlingException',
  unavailable: 'DependencyTimeoutException',
  denied: 'InternalException',
  'pin-locked': 'InternalException',
  full: 'InternalException',
  'not-found': 'KeyNotFoundException',
  ambiguous: 'InvalidStateException',
  usage: 'InvalidKeyUsageException',
  unsupported: 'UnsupportedOperationException',
  corrupt: 'InvalidCiphertextException',
  internal: 'InternalException',
} as const satisfies Record<HsmFaultCode, XksFaultName>;
