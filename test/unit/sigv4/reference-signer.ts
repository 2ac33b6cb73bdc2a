/**
 * A second signer for these tests, on @noble/hashes and with nothing of the code under test: the canonical
 * form of path, query and headers is spelled out by the test instead of computed.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export interface Signing {
  readonly method: string;
  readonly rawUrl: string;
  readonly canonicalUri: string;
  readonly canonicalQuery: string;
  /** Names and values in canonical form, sorted by name. */
  readonly signedHeaders: readonly (readonly [string, string])[];
  /** What is sent; by default the signed headers as they are. */
  readonly rawHeaders: readonly string[] | undefined;
  readonly body: Uint8Array;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly amzDate: string;
  readonly scope: string;
  /** Between the elements of the Authorization header. */
  readonly separator: string;
}

export interface SentRequest {
  readonly method: string;
  readonly rawUrl: string;
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

export const AMZ_DATE = '20260301T120000Z';
export const NOW_MS = 1_772_366_400_000;
export const ACCESS_KEY_ID = 'KEYOFTHEREFERENCESIGNER22';
export const SECRET_ACCESS_KEY = 'not-a-real-secret-only-for-these-tests-43ch';

/** Signs a health call unless told otherwise. */
export function signedRequest(changes: Partial<Signing> = {}): SentRequest {
  const signing = withDefaults(changes);
  const names = signing.signedHeaders.map(([name]) => name).join(';');
  const elements = [
    `Credential=${signing.accessKeyId}/${signing.scope}`,
    `SignedHeaders=${names}`,
    `Signature=${referenceSignature(signing, names)}`,
  ];
  const rawHeaders = signing.rawHeaders ?? signing.signedHeaders.flat();
  return {
    method: signing.method,
    rawUrl: signing.rawUrl,
    rawHeaders: [...rawHeaders, 'Authorization', `AWS4-HMAC-SHA256 ${elements.join(signing.separator)}`],
    body: signing.body,
  };
}

/** The signing key of `scope`, as bytes. */
export function referenceSigningKey(secretAccessKey: string, scope: string): Uint8Array {
  let key = bytes(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = hmac(sha256, key, bytes(part));
  return key;
}

function withDefaults(changes: Partial<Signing>): Signing {
  const amzDate = changes.amzDate ?? AMZ_DATE;
  return {
    method: 'POST',
    rawUrl: '/kms/xks/v1/health',
    canonicalUri: '/kms/xks/v1/health',
    canonicalQuery: '',
    signedHeaders: [
      ['host', 'proxy.example.com'],
      ['x-amz-date', amzDate],
    ],
    rawHeaders: undefined,
    body: bytes('{"requestMetadata":{}}'),
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: SECRET_ACCESS_KEY,
    amzDate,
    scope: `${amzDate.slice(0, 8)}/us-east-1/kms-xks-proxy/aws4_request`,
    separator: ', ',
    ...changes,
  };
}

function referenceSignature(signing: Signing, names: string): string {
  const canonical = [
    signing.method,
    signing.canonicalUri,
    signing.canonicalQuery,
    ...signing.signedHeaders.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    hex(sha256(signing.body)),
  ].join('\n');
  const text = `AWS4-HMAC-SHA256\n${signing.amzDate}\n${signing.scope}\n${hex(sha256(bytes(canonical)))}`;
  return hex(hmac(sha256, referenceSigningKey(signing.secretAccessKey, signing.scope), bytes(text)));
}

/** One byte for each character, as headers travel. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}
