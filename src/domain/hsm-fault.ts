/**
 * What can go wrong behind the HSM ports, in our own words. PKCS#11 return values are turned into
 * these by one table in `hsm/pkcs11`; each protocol turns these into its own errors by one table at its edge.
 */

/**
 * - `timeout`: no answer within the deadline; the device may still have done the work
 * - `busy`: refused before the device was asked, because the queue is full
 * - `unavailable`: no token host is ready (starting, recovering, token removed)
 * - `denied`: the token refused the call for this login
 * - `pin-locked`: the PIN is wrong, locked, or was refused before; an operator must act
 * - `full`: the token has no room
 * - `not-found`: no such object on the token
 * - `ambiguous`: several objects match where one must
 * - `usage`: the object's attributes do not allow the operation
 * - `unsupported`: the token lacks the mechanism
 * - `corrupt`: the ciphertext, IV, AAD or tag does not authenticate
 * - `internal`: anything else; the cause is for the log only
 */
export const HSM_FAULT_CODES = [
  'timeout',
  'busy',
  'unavailable',
  'denied',
  'pin-locked',
  'full',
  'not-found',
  'ambiguous',
  'usage',
  'unsupported',
  'corrupt',
  'internal',
] as const;

export type HsmFaultCode = (typeof HSM_FAULT_CODES)[number];

/** A failure of the HSM layer. `detail` may be shown to a client; `cause` may not. */
export class HsmFault extends Error {
  override readonly name = 'HsmFault';
  readonly code: HsmFaultCode;
  readonly detail: string;

  constructor(code: HsmFaultCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}
