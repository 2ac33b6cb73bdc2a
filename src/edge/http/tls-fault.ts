/** Why TLS material cannot be used. `detail` names no file: whoever read the files knows which they are. */

/**
 * - `certificate`: the certificate chain cannot be read
 * - `key`: the private key cannot be read
 * - `key-mismatch`: the key is not that of the chain's first certificate
 * - `client-ca`: the client CA certificates cannot be read
 * - `client-ca-switch`: a reload would switch client certificates on or off
 * - `refused`: OpenSSL refuses the combination, for instance a key that is too short
 */
export type TlsFaultCode =
  | 'certificate'
  | 'key'
  | 'key-mismatch'
  | 'client-ca'
  | 'client-ca-switch'
  | 'refused';

export class TlsFault extends Error {
  override readonly name = 'TlsFault';
  readonly code: TlsFaultCode;
  readonly detail: string;

  constructor(code: TlsFaultCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}
