/** Whom a certificate names, on one line. */
import type { X509Certificate } from 'node:crypto';

/** Empty for a certificate whose names are all in the subjectAltName: there Node has no text, whatever its types say. */
export function subjectText(certificate: X509Certificate): string {
  const subject: string | undefined = certificate.subject;
  return subject?.replaceAll('\n', ', ') ?? '';
}
