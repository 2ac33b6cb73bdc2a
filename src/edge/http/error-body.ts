/** One-line JSON bodies for what this room refuses before a protocol has seen it. */

/** Words of the XKS proxy API, which every client of the proxy listener understands. */
export type RefusalName =
  | 'ValidationException'
  | 'ThrottlingException'
  | 'UnsupportedOperationException'
  | 'InternalException';

/** @req X-01 @req X-47 */
export function errorBody(errorName: RefusalName, errorMessage: string): string {
  return JSON.stringify({ errorName, errorMessage });
}
