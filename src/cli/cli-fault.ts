/** What the person at the command line can put right; its message is all they need to see. */

/**
 * - `usage`: an option or environment variable is not what it must be
 * - `port-taken`: another process listens where we wanted to
 * - `not-installed`: a program or library of the machine is missing
 * - `demo-damaged`: the demo folder has lost a part that cannot be made again without losing keys
 * - `not-ready`: the proxy started, and its token did not
 * - `file-exists`: a file that would be written is there already
 * - `refused`: what was asked for cannot be done with this configuration, token or key
 */
export type CliFaultCode =
  | 'usage'
  | 'port-taken'
  | 'not-installed'
  | 'demo-damaged'
  | 'not-ready'
  | 'file-exists'
  | 'refused';

/** Printed as one line (or a few), without a stack. Holds no secret. */
export class CliFault extends Error {
  override readonly name = 'CliFault';
  readonly code: CliFaultCode;

  constructor(code: CliFaultCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
