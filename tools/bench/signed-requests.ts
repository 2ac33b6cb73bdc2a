/** Requests as AWS KMS sends them, signed by another implementation than the one that verifies them. */
import { randomBytes, randomUUID } from 'node:crypto';
import aws4 from 'aws4';
import type { Operation } from './bench-run.ts';

export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What is to be signed: everything but the moment. */
export interface RequestOrder {
  readonly authority: string;
  readonly path: string;
  readonly body: string;
  /** Operation of the KMS API; without it the request is one to an XKS proxy. */
  readonly target?: string;
}

/** The whole request as it goes over the wire. Good for five minutes: X-Amz-Date ages. */
export function signedRequest(order: RequestOrder, credential: Credential): string {
  const { target } = order;
  const { headers = {} } = aws4.sign(
    {
      host: order.authority,
      path: order.path,
      method: 'POST',
      service: target === undefined ? 'kms-xks-proxy' : 'kms',
      region: REGION,
      headers:
        target === undefined
          ? { 'Content-Type': 'application/json' }
          : { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target },
      body: order.body,
    },
    credential,
  );
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${order.path} HTTP/1.1\r\n${lines.join('')}\r\n${order.body}`;
}

/** Different plaintexts, so that no request is another one's twin. */
export function encryptOrders(
  authority: string,
  keyPath: string,
  operation: Exclude<Operation, 'Decrypt'>,
): RequestOrder[] {
  return Array.from({ length: DISTINCT_REQUESTS }, () => ({
    authority,
    path: `${keyPath}/encrypt`,
    body: JSON.stringify({
      requestMetadata: metadata('Encrypt'),
      plaintext: randomBytes(PLAINTEXT_BYTES).toString('base64'),
      additionalAuthenticatedData: AAD,
      encryptionAlgorithm: 'AES_GCM',
      ...(operation === 'Encrypt, CDIV' && { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' }),
    }),
  }));
}

/** One for each answer of an Encrypt without CDIV. */
export function decryptOrders(
  authority: string,
  keyPath: string,
  replies: readonly string[],
): RequestOrder[] {
  return replies.map((reply) => ({
    authority,
    path: `${keyPath}/decrypt`,
    body: JSON.stringify({
      requestMetadata: metadata('Decrypt'),
      ...(JSON.parse(reply) as object),
      additionalAuthenticatedData: AAD,
      encryptionAlgorithm: 'AES_GCM',
    }),
  }));
}

function metadata(kmsOperation: string): Readonly<Record<string, string>> {
  return {
    awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsOperation,
    kmsRequestId: randomUUID(),
  };
}

export const PLAINTEXT_BYTES = 100;
export const AAD_BYTES = 32;
const AAD = randomBytes(AAD_BYTES).toString('base64');
const DISTINCT_REQUESTS = 64;
export const REGION = 'us-east-1';
