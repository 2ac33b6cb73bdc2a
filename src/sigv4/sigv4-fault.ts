/** Why a signed request was refused. One closed set for every face that verifies AWS Signature Version 4. */

/**
 * - `missing-authorization`: no Authorization header
 * - `malformed-authorization`: it is repeated, of another algorithm, or not of SigV4's form
 * - `missing-date`, `malformed-date`: X-Amz-Date is absent; repeated or not a `YYYYMMDDTHHMMSSZ` calendar date
 * - `skew-past`, `skew-future`: X-Amz-Date is too far from this server's clock
 * - `scope-mismatch`: the credential scope's date, Region, service or terminator is not ours
 * - `missing-signed-header`: SignedHeaders leaves out a header it must name, or names one that did not arrive
 * - `malformed-header`: Host is repeated, or a signed header holds a character that no byte can be
 * - `malformed-uri`: the request target has no canonical form
 * - `payload-mismatch`: the signed X-Amz-Content-Sha256 is not the hash of the body
 * - `unknown-access-key`, `bad-signature`: alike in text and in time taken, so that only the log can tell them apart
 */
export type SigV4FaultCode =
  | 'missing-authorization'
  | 'malformed-authorization'
  | 'missing-date'
  | 'malformed-date'
  | 'skew-past'
  | 'skew-future'
  | 'scope-mismatch'
  | 'missing-signed-header'
  | 'malformed-header'
  | 'malformed-uri'
  | 'payload-mismatch'
  | 'unknown-access-key'
  | 'bad-signature';

/** A request that did not authenticate. `detail` may be shown to the client: it holds nothing derived from a secret. */
export class SigV4Fault extends Error {
  override readonly name = 'SigV4Fault';
  readonly code: SigV4FaultCode;
  readonly detail: string;
  /** For the log alone. */
  readonly logFields: Readonly<Record<string, unknown>>;

  constructor(code: SigV4FaultCode, detail: string, logFields: Readonly<Record<string, unknown>> = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.logFields = logFields;
  }
}
