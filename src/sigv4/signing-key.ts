/** Step 3 of a signature: the key of one secret, day, Region and service (AWS SigV4, "Derive a signing key"). */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';

/** The last part of every credential scope. */
export const TERMINATOR = 'aws4_request';

export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The signing key as a KeyObject: an HMAC over one costs a fifth of an HMAC over the same bytes in a Buffer. */
export function deriveSigningKey(secret: Secret, scope: SigningScope): KeyObject {
  const dateKey = hmac(`AWS4${secret.reveal()}`, scope.date);
  const regionKey = hmac(dateKey, scope.region);
  const serviceKey = hmac(regionKey, scope.service);
  return createSecretKey(hmac(serviceKey, TERMINATOR));
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
