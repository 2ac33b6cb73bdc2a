/** Step 3 of a signature: the key of one secret, day, Region and service (AWS SigV4, "Derive a signing key"). */
import { createHmac } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';

/** The last part of every credential scope. */
export const TERMINATOR = 'aws4_request';

export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** 32 bytes, the caller's to wipe. */
export function deriveSigningKey(secret: Secret, scope: SigningScope): Buffer {
  const dateKey = hmac(`AWS4${secret.reveal()}`, scope.date);
  const regionKey = hmac(dateKey, scope.region);
  const serviceKey = hmac(regionKey, scope.service);
  return hmac(serviceKey, TERMINATOR);
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
