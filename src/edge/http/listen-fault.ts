/** Why a listener could not start. The text says which, where, and what to change. */

/**
 * - `in-use`: something else listens on the port or socket
 * - `address`: this machine has no such address
 * - `denied`: no permission to bind there
 * - `path`: the socket path cannot be used
 * - `failed`: anything else
 */
export type ListenFaultCode = 'in-use' | 'address' | 'denied' | 'path' | 'failed';

export class ListenFault extends Error {
  override readonly name = 'ListenFault';
  readonly code: ListenFaultCode;

  constructor(code: ListenFaultCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
