/** What the listener refuses before the engine's face has seen it, in AWS's form and by the names common to its services. */
import type { KmsFaultName } from '../../domain/kms/kms-fault.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import { randomUuid } from '../../domain/uuid.ts';
import type { RefusalForm, RefusalKind } from '../http/refusal.ts';
import { answerHeaders, errorBody, KMS_CONTENT_TYPE } from './error-body.ts';

export function kmsRefusals(entropy: Entropy): RefusalForm {
  return (kind, message) => ({
    contentType: KMS_CONTENT_TYPE,
    headers: answerHeaders(randomUuid(entropy)),
    body: errorBody(NAMES[kind], kind === 'internal' ? undefined : message),
  });
}

const NAMES = {
  malformed: 'MalformedHttpRequestException',
  'head-too-large': 'RequestEntityTooLargeException',
  'too-slow': 'RequestTimeoutException',
  tunnel: 'UnknownOperationException',
  'too-many': 'ThrottlingException',
  internal: 'KMSInternalException',
} as const satisfies Record<RefusalKind, KmsFaultName>;
