/** The errors of the AWS KMS API, a closed set: those of its model, and those that every AWS service has. */

export const KMS_FAULT_NAMES = [
  'AccessDeniedException',
  'AlreadyExistsException',
  'CloudHsmClusterInUseException',
  'CloudHsmClusterInvalidConfigurationException',
  'CloudHsmClusterNotActiveException',
  'CloudHsmClusterNotFoundException',
  'CloudHsmClusterNotRelatedException',
  'ConflictException',
  'CustomKeyStoreHasCMKsException',
  'CustomKeyStoreInvalidStateException',
  'CustomKeyStoreNameInUseException',
  'CustomKeyStoreNotFoundException',
  'DependencyTimeoutException',
  'DisabledException',
  'DryRunOperationException',
  'ExpiredImportTokenException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'IncorrectKeyException',
  'IncorrectKeyMaterialException',
  'IncorrectTrustAnchorException',
  'InvalidAliasNameException',
  'InvalidArnException',
  'InvalidCiphertextException',
  'InvalidGrantIdException',
  'InvalidGrantTokenException',
  'InvalidImportTokenException',
  'InvalidKeyUsageException',
  'InvalidMarkerException',
  'InvalidSignatureException',
  'KMSInternalException',
  'KMSInvalidMacException',
  'KMSInvalidSignatureException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'LimitExceededException',
  'MalformedHttpRequestException',
  'MalformedPolicyDocumentException',
  'MissingAuthenticationTokenException',
  'NotAuthorizedException',
  'NotFoundException',
  'RequestEntityTooLargeException',
  'RequestTimeoutException',
  'SerializationException',
  'TagException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'UnsupportedOperationException',
  'ValidationException',
  'XksKeyAlreadyInUseException',
  'XksKeyInvalidConfigurationException',
  'XksKeyNotFoundException',
  'XksProxyIncorrectAuthenticationCredentialException',
  'XksProxyInvalidConfigurationException',
  'XksProxyInvalidResponseException',
  'XksProxyUriEndpointInUseException',
  'XksProxyUriInUseException',
  'XksProxyUriUnreachableException',
  'XksProxyVpcEndpointServiceInUseException',
  'XksProxyVpcEndpointServiceInvalidConfigurationException',
  'XksProxyVpcEndpointServiceNotFoundException',
] as const;

export type KmsFaultName = (typeof KMS_FAULT_NAMES)[number];

/**
 * A refusal in AWS's words. `detail` goes to the client as `message`; without it the answer has none, as AWS
 * answers some errors (a bad signature, a bad MAC, a bad ciphertext). `cause` and `logFields` go to the log alone.
 */
export class KmsFault extends Error {
  override readonly name = 'KmsFault';
  readonly code: KmsFaultName;
  readonly detail: string | undefined;
  readonly logFields: Readonly<Record<string, unknown>>;

  constructor(
    code: KmsFaultName,
    detail?: string,
    options: { cause?: unknown; logFields?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(
      detail === undefined ? code : `${code}: ${detail}`,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.code = code;
    this.detail = detail;
    this.logFields = options.logFields ?? {};
  }
}
