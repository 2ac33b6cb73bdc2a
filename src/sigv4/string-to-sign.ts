/** Step 2 of a signature: what the signing key signs (AWS SigV4, "Create a string to sign"). */
import { hash } from 'node:crypto';

/** The one algorithm accepted. */
export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** `scope` is `date/region/service/aws4_request`; `canonical` holds one byte in each character. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `${ALGORITHM}\n${amzDate}\n${scope}\n${hash('sha256', Buffer.from(canonical, 'latin1'), 'hex')}`;
}
