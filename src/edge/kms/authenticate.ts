/**
 * Who made a request: AWS Signature Version 4 over the credentials that the configuration knows, with AWS's error for
 * each way to fail. In open mode an access key that nobody knows is taken at its word.
 */
import { timingSafeEqual } from 'node:crypto';
import { accountArn } from '../../domain/kms/arn.ts';
import type { KmsCaller } from '../../domain/kms/caller.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { Secret } from '../../domain/secret.ts';
import { type Authorization, parseAuthorization } from '../../sigv4/authorization-header.ts';
import { collectHeaders, type ReceivedHeaders } from '../../sigv4/received-headers.ts';
import type { SigningKeyCache } from '../../sigv4/signing-key-cache.ts';
import { SigV4Fault } from '../../sigv4/sigv4-fault.ts';
import { type ReceivedRequest, verifySignature } from '../../sigv4/verify.ts';
import type { KmsCredential, KmsCredentials } from './credential.ts';
import { signatureFault, UNKNOWN_TOKEN } from './signature-fault.ts';

export interface Authentication {
  readonly service: 'kms' | 'sts';
  readonly credentials: KmsCredentials;
  /** Regions that are served; `any`: every name that could be one. */
  readonly regions: readonly string[] | 'any';
  /** Whether unknown access keys are let in without a look at their signature. */
  readonly open: boolean;
  readonly nowMs: number;
  readonly signingKeys: SigningKeyCache;
}

export interface Authenticated {
  readonly caller: KmsCaller;
  readonly region: string;
  /** False in open mode for an access key that is not known. */
  readonly verified: boolean;
}

/** Fault: KmsFault with one of the names that every AWS service has for it. */
export function authenticate(request: ReceivedRequest, options: Authentication): Authenticated {
  try {
    const headers = collectHeaders(request.rawHeaders);
    refusePresigned(request, headers);
    const authorization = parseAuthorization(headers.get('authorization'));
    requireScope(authorization, options);
    const credential = options.credentials.get(authorization.accessKeyId);
    const { region } = authorization;
    if (credential === undefined && options.open) {
      return { caller: openCaller(authorization), region, verified: false };
    }
    const verification = {
      service: options.service,
      regions: 'any',
      nowMs: options.nowMs,
      maxSkewMs: MAX_SKEW_MS,
      secretFor: () => credential?.secret,
      signingKeys: options.signingKeys,
    } as const;
    verifySignature(request, verification, { headers, authorization });
    requireSignedTarget(headers, authorization.signedHeaders);
    const { caller } = checkSession(credential as KmsCredential, headers, options.nowMs);
    return { caller, region, verified: true };
  } catch (error) {
    if (error instanceof SigV4Fault) throw signatureFault(error, request, options.nowMs);
    throw error;
  }
}

function refusePresigned({ rawUrl }: ReceivedRequest, headers: ReceivedHeaders): void {
  if (headers.has('authorization') || !PRESIGNED.test(rawUrl)) return;
  throw new KmsFault(
    'MissingAuthenticationTokenException',
    'Signatures in the query string (presigned requests) are not accepted here; send the Authorization header.',
  );
}

function requireScope({ region, service }: Authorization, options: Authentication): void {
  const served = options.regions === 'any' || options.regions.includes(region);
  if (!served || region.length > MAX_REGION_LENGTH || !REGION.test(region)) {
    throw new KmsFault('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
  if (service !== options.service) {
    throw new KmsFault(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${options.service}'.`,
    );
  }
}

/** Else whoever is on the way could turn one operation into another. */
function requireSignedTarget(headers: ReceivedHeaders, signedHeaders: readonly string[]): void {
  if (!headers.has(TARGET_HEADER) || signedHeaders.includes(TARGET_HEADER)) return;
  throw new KmsFault(
    'InvalidSignatureException',
    "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
  );
}

/** Root of the account that the access key id names, or of the one that examples use. */
function openCaller({ accessKeyId, region }: Authorization): KmsCaller {
  const account = ACCOUNT.test(accessKeyId) ? accessKeyId : EXAMPLE_ACCOUNT;
  return { account, principalArn: accountArn({ account, region }), userId: account, accessKeyId };
}

/** A token that comes with credentials which have none is as wrong as another's. */
function checkSession(credential: KmsCredential, headers: ReceivedHeaders, nowMs: number): KmsCredential {
  const sent = headers.get(TOKEN_HEADER);
  const { sessionToken, sessionExpiresMs = Number.POSITIVE_INFINITY } = credential;
  if (sent === undefined && sessionToken === undefined) return credential;
  if (sessionToken === undefined || sent?.length !== 1 || !isSame(sent[0] as string, sessionToken)) {
    throw new KmsFault('UnrecognizedClientException', UNKNOWN_TOKEN);
  }
  if (nowMs >= sessionExpiresMs) {
    throw new KmsFault('ExpiredTokenException', 'The security token included in the request is expired');
  }
  return credential;
}

function isSame(sent: string, token: Secret): boolean {
  const left = Buffer.from(sent, 'latin1');
  const right = Buffer.from(token.reveal(), 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}

const TARGET_HEADER = 'x-amz-target';
const TOKEN_HEADER = 'x-amz-security-token';
const PRESIGNED = /[?&]x-amz-(?:algorithm|credential|signature)=/i;
/** As the API's model has it. */
const REGION = /^([a-z]+-){2,3}\d+$/;
const MAX_REGION_LENGTH = 32;
const ACCOUNT = /^\d{12}$/;
const EXAMPLE_ACCOUNT = '123456789012';
const MAX_SKEW_MS = 300_000;
