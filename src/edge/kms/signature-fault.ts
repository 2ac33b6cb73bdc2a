/** AWS's error for each way in which a signature can fail. */
import { KmsFault, type KmsFaultName } from '../../domain/kms/kms-fault.ts';
import { collectHeaders } from '../../sigv4/received-headers.ts';
import type { SigV4Fault, SigV4FaultCode } from '../../sigv4/sigv4-fault.ts';
import type { ReceivedRequest } from '../../sigv4/verify.ts';

/** The reason goes to the log under its own name, since AWS has one answer for several. */
export function signatureFault(fault: SigV4Fault, request: ReceivedRequest, nowMs: number): KmsFault {
  const { name, says } = ANSWERS[fault.code];
  return new KmsFault(name, says({ fault, request, nowMs }), {
    logFields: { reason: fault.code, ...fault.logFields },
  });
}

export const UNKNOWN_TOKEN = 'The security token included in the request is invalid.';

interface Failure {
  readonly fault: SigV4Fault;
  readonly request: ReceivedRequest;
  readonly nowMs: number;
}

interface AuthenticationAnswer {
  readonly name: KmsFaultName;
  readonly says: (failure: Failure) => string;
}

function missingParameters({ fault, request }: Failure): string {
  const header = headerOf(request, 'authorization');
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !header.includes(`${name}=`));
  if (missing.length === 0) return fault.detail;
  return missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
}

function expired({ request, nowMs }: Failure): string {
  const earliest = amzDate(nowMs - FIVE_MINUTES_MS);
  return `Signature expired: ${headerOf(request, 'x-amz-date')} is now earlier than ${earliest} (${amzDate(nowMs)} - 5 min.)`;
}

function notYetCurrent({ request, nowMs }: Failure): string {
  const latest = amzDate(nowMs + FIVE_MINUTES_MS);
  return `Signature not yet current: ${headerOf(request, 'x-amz-date')} is still later than ${latest} (${amzDate(nowMs)} + 5 min.)`;
}

/** `20260102T030405Z`. */
function amzDate(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function headerOf({ rawHeaders }: ReceivedRequest, name: string): string {
  return collectHeaders(rawHeaders).get(name)?.[0] ?? '';
}

function incomplete(says: AuthenticationAnswer['says']): AuthenticationAnswer {
  return { name: 'IncompleteSignatureException', says };
}

function invalid(says: AuthenticationAnswer['says']): AuthenticationAnswer {
  return { name: 'InvalidSignatureException', says };
}

const detail = ({ fault }: Failure): string => fault.detail;
const mismatch = (): string =>
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const FIVE_MINUTES_MS = 300_000;

const ANSWERS: Readonly<Record<SigV4FaultCode, AuthenticationAnswer>> = {
  'missing-authorization': {
    name: 'MissingAuthenticationTokenException',
    says: () => 'Missing Authentication Token',
  },
  'malformed-authorization': incomplete(missingParameters),
  'missing-date': incomplete(
    () => "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  ),
  'malformed-date': incomplete(detail),
  'skew-past': invalid(expired),
  'skew-future': invalid(notYetCurrent),
  'scope-mismatch': invalid(detail),
  'missing-signed-header': invalid(detail),
  'malformed-header': invalid(detail),
  'malformed-uri': invalid(detail),
  'payload-mismatch': invalid(mismatch),
  'unknown-access-key': { name: 'UnrecognizedClientException', says: () => UNKNOWN_TOKEN },
  'bad-signature': invalid(mismatch),
};
