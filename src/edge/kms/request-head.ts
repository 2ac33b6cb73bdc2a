/** What a request asks for, by its head: one operation of the KMS API, the query protocol of STS, or nothing known. */
import { KMS_OPERATION_NAMES, type KmsOperationName } from '../../domain/kms/api/operations.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { Exchange } from '../http/exchange.ts';

export type RequestedService =
  | { readonly service: 'kms'; readonly operation: KmsOperationName }
  | { readonly service: 'sts' };

/** Fault: `UnknownOperationException`. */
export function requestedService({ method, rawUrl, rawHeaders }: Exchange): RequestedService {
  if (method !== 'POST' || !ROOT.test(rawUrl)) {
    throw new KmsFault('UnknownOperationException', 'The API is served with POST at / alone.');
  }
  const target = headerValue(rawHeaders, 'x-amz-target');
  if (target === '' && FORM.test(headerValue(rawHeaders, 'content-type'))) return { service: 'sts' };
  const operation = OPERATIONS.get(target);
  if (operation === undefined) {
    throw new KmsFault(
      'UnknownOperationException',
      'The X-Amz-Target header does not name an operation of KMS (TrentService.<operation>).',
    );
  }
  return { service: 'kms', operation };
}

/** Read straight from the raw list: this is done for every request. A repeated header counts as absent. */
function headerValue(rawHeaders: readonly string[], wanted: string): string {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    if (found !== undefined) return '';
    found = rawHeaders[at + 1] ?? '';
  }
  return found ?? '';
}

const ROOT = /^\/(?:\?|$)/;
const FORM = /^application\/x-www-form-urlencoded *(?:;|$)/i;
const OPERATIONS: ReadonlyMap<string, KmsOperationName> = new Map(
  KMS_OPERATION_NAMES.map((name) => [`TrentService.${name}`, name]),
);
