/** The errors of the XKS proxy API, a closed set (XKS Proxy API specification, "Error codes"). */

/** Every name the protocol knows; the edge's table and docs/errors.md are checked against it. */
export const XKS_FAULT_NAMES = [
  'ValidationException',
  'InvalidStateException',
  'InvalidCiphertextException',
  'InvalidKeyUsageException',
  'AuthenticationFailedException',
  'AccessDeniedException',
  'KeyNotFoundException',
  'InvalidUriPathException',
  'ThrottlingException',
  'UnsupportedOperationException',
  'DependencyTimeoutException',
  'InternalException',
] as const;

export type XksFaultName = (typeof XKS_FAULT_NAMES)[number];

/** A refusal in the protocol's words. `detail` goes to the client (sanitised at the edge); `cause` and `logFields` only to the log. */
export class XksFault extends Error {
  override readonly name = 'XksFault';
  readonly code: XksFaultName;
  readonly detail: string;
  readonly logFields: Readonly<Record<string, unknown>>;

  constructor(
    code: XksFaultName,
    detail: string,
    options: { cause?: unknown; logFields?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.logFields = options.logFields ?? {};
  }
}
