/** The form of answers of the KMS API: their headers, and the one line of JSON of an error. */
import type { KmsFaultName } from '../../domain/kms/kms-fault.ts';

/** A message that is undefined is left out, as AWS leaves it out of some errors. */
export function errorBody(name: KmsFaultName, message: string | undefined): string {
  return JSON.stringify({ __type: name, message });
}

export function answerHeaders(requestId: string): Record<string, string> {
  return {
    'x-amzn-RequestId': requestId,
    'Cache-Control': 'no-cache, no-store, must-revalidate, private',
    Pragma: 'no-cache',
    Expires: '0',
  };
}

export const KMS_CONTENT_TYPE = 'application/x-amz-json-1.1';
