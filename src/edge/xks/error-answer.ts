/** The one place where anything thrown becomes an answer. What is not known by type says nothing to the client. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import { XksFault, type XksFaultName } from '../../domain/xks/xks-fault.ts';
import { SigV4Fault } from '../../sigv4/sigv4-fault.ts';
import { BodyIncomplete, BodyTooLarge } from '../http/exchange.ts';
import { HTTP_STATUS, XKS_FAULT_OF_HSM } from './error-table.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly errorName: XksFaultName;
  /** Printable ASCII, under 512 characters. */
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A method that this path does not know. The protocol gives it a status but no name.
 * @req X-05
 */
export class MethodNotAllowed extends XksFault {
  readonly allow: string;

  constructor(method: string, allow: string) {
    super('UnsupportedOperationException', `Method ${method} is not allowed here; use ${allow}.`);
    this.allow = allow;
  }
}

export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof MethodNotAllowed) {
    return { ...answer(error.code, error.detail), status: 405, headers: { Allow: error.allow } };
  }
  if (error instanceof XksFault) return answer(error.code, error.detail);
  if (error instanceof HsmFault) {
    // One text for every kind of corruption, so that an attacker learns nothing from the difference.
    return answer(XKS_FAULT_OF_HSM[error.code], error.code === 'corrupt' ? CORRUPT : error.detail);
  }
  if (error instanceof SigV4Fault) return answer('AuthenticationFailedException', error.detail);
  if (error instanceof BodyTooLarge) {
    return answer('UnsupportedOperationException', `The request body has more than ${error.maxBytes} bytes.`);
  }
  if (error instanceof BodyIncomplete) {
    return answer('ValidationException', 'The request ended before its body was complete.');
  }
  return answer('InternalException', 'The proxy failed; its log has the cause under this kmsRequestId.');
}

/** One line of JSON. */
export function errorBody(answered: ErrorAnswer): string {
  return JSON.stringify({ errorName: answered.errorName, errorMessage: answered.message });
}

/**
 * Keeps printable ASCII alone and cuts: vendor texts and configured names pass through here.
 * @req X-47
 */
export function sanitiseMessage(text: string): string {
  return text.slice(0, MAX_MESSAGE_CHARACTERS).replace(NOT_PRINTABLE, '?');
}

function answer(errorName: XksFaultName, detail: string): ErrorAnswer {
  return { status: HTTP_STATUS[errorName], errorName, message: sanitiseMessage(detail), headers: {} };
}

const MAX_MESSAGE_CHARACTERS = 511;
const NOT_PRINTABLE = /[^\x20-\x7e]/g;
const CORRUPT =
  'The ciphertext did not authenticate: it, its metadata, IV, tag or associated data was altered, or it belongs to another key.';
