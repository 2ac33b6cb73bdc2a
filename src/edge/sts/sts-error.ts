/** Errors of STS: its own names for what the KMS API calls otherwise, in XML. */
import type { KmsFault, KmsFaultName } from '../../domain/kms/kms-fault.ts';
import { escapeXml } from './xml-text.ts';

export interface StsErrorAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

export const STS_CONTENT_TYPE = 'text/xml';

/** The answer to a request of the query protocol that failed. */
export function stsErrorAnswer(fault: KmsFault, requestId: string): StsErrorAnswer {
  const { status, code } = STS_ERRORS[fault.code] ?? INTERNAL;
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>${status >= 500 ? 'Receiver' : 'Sender'}</Type>
    <Code>${code}</Code>
    <Message>${escapeXml(fault.detail ?? '')}</Message>
  </Error>
  <RequestId>${escapeXml(requestId)}</RequestId>
</ErrorResponse>
`;
  return { status, body, contentType: STS_CONTENT_TYPE };
}

interface StsError {
  readonly status: number;
  readonly code: string;
}

const INTERNAL: StsError = { status: 500, code: 'InternalFailure' };

/** What can happen to a call that needs neither key nor token. */
const STS_ERRORS: Partial<Readonly<Record<KmsFaultName, StsError>>> = {
  ExpiredTokenException: { status: 403, code: 'ExpiredToken' },
  IncompleteSignatureException: { status: 400, code: 'IncompleteSignature' },
  InvalidSignatureException: { status: 403, code: 'SignatureDoesNotMatch' },
  MissingAuthenticationTokenException: { status: 403, code: 'MissingAuthenticationToken' },
  SerializationException: { status: 400, code: 'MalformedInput' },
  UnknownOperationException: { status: 400, code: 'InvalidAction' },
  UnrecognizedClientException: { status: 403, code: 'InvalidClientTokenId' },
  ValidationException: { status: 400, code: 'ValidationError' },
};
