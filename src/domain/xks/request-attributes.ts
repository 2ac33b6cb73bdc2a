/** Who asks for what, as AWS KMS states it in requestMetadata, and the credential that vouches for the statement. */

/**
 * Everything here is covered by the request's signature and by nothing else: the contents are KMS's word,
 * never validated. `kmsRequestId` and `kmsOperation` are opaque texts.
 */
export interface RequestAttributes {
  readonly kmsRequestId: string;
  readonly kmsOperation: string;
  /** An ARN, a service principal such as `s3.amazonaws.com`, or `AWS Internal`. */
  readonly awsPrincipalArn: string | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly kmsViaService: string | undefined;
  readonly awsSourceVpc: string | undefined;
  readonly awsSourceVpce: string | undefined;
  /** From the signature's credential scope. */
  readonly region: string;
  readonly accessKeyId: string;
}
