/** Errors as data: HTTP status codes, and what each fault behind the HSM ports becomes. */
import type { HsmFaultCode } from '../../domain/hsm-fault.ts';
import type { KmsFaultName } from '../../domain/kms/kms-fault.ts';

/** What the API refuses of its caller is 400, although its model says otherwise: clients go by the name. */
export function httpStatus(name: KmsFaultName): number {
  return OTHER_STATUS[name] ?? 400;
}

const OTHER_STATUS: Partial<Readonly<Record<KmsFaultName, number>>> = {
  KMSInternalException: 500,
  KeyUnavailableException: 500,
  DependencyTimeoutException: 503,
  RequestEntityTooLargeException: 413,
};

/**
 * What the engine did not answer for itself. None of it blames the caller: a token that fails must never make a
 * customer believe that a key or a ciphertext is lost.
 */
export const KMS_FAULT_OF_HSM = {
  timeout: 'DependencyTimeoutException',
  busy: 'ThrottlingException',
  unavailable: 'DependencyTimeoutException',
  denied: 'KMSInternalException',
  'pin-locked': 'KMSInternalException',
  full: 'KMSInternalException',
  'not-found': 'KMSInternalException',
  ambiguous: 'KMSInternalException',
  usage: 'KMSInternalException',
  unsupported: 'KMSInternalException',
  corrupt: 'KMSInternalException',
  internal: 'KMSInternalException',
} as const satisfies Record<HsmFaultCode, KmsFaultName>;
