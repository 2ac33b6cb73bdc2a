/**
 * Verifies AWS Signature Version 4 on requests we receive, from the specification alone: what we send is signed
 * by another implementation, so that neither proves itself. Trusts the HTTP parser for the raw parts and the
 * caller for clock and secrets; nothing in the request is trusted until this returns.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../domain/secret.ts';
import { type AmzDate, checkSkew, parseAmzDate } from './amz-date.ts';
import { type Authorization, parseAuthorization } from './authorization-header.ts';
import { canonicalRequest } from './canonical-request.ts';
import { AWS_PATH_RULES, type PathRules } from './canonical-uri.ts';
import { canonicalValue, collectHeaders, type ReceivedHeaders } from './received-headers.ts';
import type { SigningKeyCache } from './signing-key-cache.ts';
import { SigV4Fault } from './sigv4-fault.ts';
import { stringToSign } from './string-to-sign.ts';

/** A request as it came off the wire; texts hold one byte in each character, as node:http gives them. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target of the request line, not resolved, decoded or repaired. */
  readonly rawUrl: string;
  /** `name, value, name, value, …` */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export interface VerifyOptions {
  readonly service: string;
  readonly regions: readonly string[] | 'any';
  readonly nowMs: number;
  /** Accepted distance of X-Amz-Date from `nowMs`, either way, itself included. */
  readonly maxSkewMs: number;
  /** Asked on every call, so that a changed credential counts at once. `undefined`: no such access key id. */
  readonly secretFor: (accessKeyId: string) => Secret | undefined;
  readonly signingKeys: SigningKeyCache;
  /** Only S3 differs from the default. */
  readonly pathRules?: PathRules;
}

export interface VerifiedCaller {
  readonly accessKeyId: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
}

/** What a request says of itself, in which nothing is trusted. */
export interface SignedHead {
  readonly headers: ReceivedHeaders;
  readonly authorization: Authorization;
}

/**
 * Returns who signed the request, or throws {@link SigV4Fault} and nothing else. Work does not depend on whether
 * the access key id is known. Replays within the skew are not detected here. `head`, for a caller that has read it
 * already, is that of this very request.
 * @req X-61 X-63 X-64 X-65 X-66
 */
export function verifySignature(
  request: ReceivedRequest,
  options: VerifyOptions,
  head: SignedHead = readHead(request),
): VerifiedCaller {
  const { headers, authorization } = head;
  const date = parseAmzDate(headers.get('x-amz-date'));
  checkSkew(date, options.nowMs, options.maxSkewMs);
  checkScope(authorization, date, options);
  refuseSecondHost(headers);
  const payloadHash = hash('sha256', request.body, 'hex');
  const canonical = canonicalRequest({
    method: request.method,
    rawUrl: request.rawUrl,
    headers,
    signedHeaders: authorization.signedHeaders,
    payloadHash,
    pathRules: options.pathRules ?? AWS_PATH_RULES,
  });
  checkDeclaredPayload(headers, authorization, payloadHash);
  checkSignature(authorization, stringToSign(date.text, authorization.scope, canonical), options);
  return {
    accessKeyId: authorization.accessKeyId,
    region: authorization.region,
    signedHeaders: authorization.signedHeaders,
  };
}

function readHead({ rawHeaders }: ReceivedRequest): SignedHead {
  const headers = collectHeaders(rawHeaders);
  return { headers, authorization: parseAuthorization(headers.get('authorization')) };
}

/** @req X-63 */
function checkScope(authorization: Authorization, date: AmzDate, options: VerifyOptions): void {
  if (authorization.date !== date.day) {
    throw new SigV4Fault('scope-mismatch', 'The date of the credential scope is not the day of X-Amz-Date.');
  }
  if (options.regions !== 'any' && !options.regions.includes(authorization.region)) {
    // Which Regions are served is for the operator: this client has not proven anything yet.
    throw new SigV4Fault('scope-mismatch', 'The credential scope names a Region that is not served here.', {
      servedRegions: options.regions,
    });
  }
  if (authorization.service !== options.service) {
    throw new SigV4Fault(
      'scope-mismatch',
      `The credential scope names another service; expected ${options.service}.`,
    );
  }
}

/** Two hosts would let one be signed and the other be believed. */
function refuseSecondHost(headers: ReceivedHeaders): void {
  const hosts = [...(headers.get('host') ?? []), ...(headers.get(':authority') ?? [])];
  if (hosts.length > 1)
    throw new SigV4Fault('malformed-header', 'The Host header is repeated; send it once.');
}

/** A signature over `UNSIGNED-PAYLOAD`, or over a hash of something else, would leave the body to anyone. */
function checkDeclaredPayload(
  headers: ReceivedHeaders,
  authorization: Authorization,
  payloadHash: string,
): void {
  if (!authorization.signedHeaders.includes(PAYLOAD_HEADER)) return;
  if (canonicalValue(headers.get(PAYLOAD_HEADER) as readonly string[]) === payloadHash) return;
  throw new SigV4Fault(
    'payload-mismatch',
    'The signed X-Amz-Content-Sha256 header is not the SHA-256 of the body; unsigned payloads are not accepted.',
  );
}

/** An unknown access key id costs the same cached key, HMAC and comparison as a known one, and gets the same answer. */
function checkSignature(authorization: Authorization, text: string, options: VerifyOptions): void {
  const secret = options.secretFor(authorization.accessKeyId);
  const key = options.signingKeys.keyFor({
    accessKeyId: secret === undefined ? NOBODY : authorization.accessKeyId,
    secret: secret ?? NOBODYS_SECRET,
    date: authorization.date,
    region: authorization.region,
    service: authorization.service,
  });
  const matches = isSame(key.hexOf(text), authorization.signature);
  // The dummy secret is no secret: a signature that matches it proves nothing.
  if (matches && secret !== undefined) return;
  throw new SigV4Fault(
    secret === undefined ? 'unknown-access-key' : 'bad-signature',
    'The access key id is not known here, or the signature does not match the request; check the credential, and that nothing on the way changes the request.',
  );
}

/** In the same time wherever they differ. */
function isSame(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1'));
}

const PAYLOAD_HEADER = 'x-amz-content-sha256';
/** No access key id is empty, so this never meets a real one in the cache, and floods of unknown ids share one entry. */
const NOBODY = '';
const NOBODYS_SECRET = new Secret('the-secret-of-no-access-key-id-at-all-43-chars');
