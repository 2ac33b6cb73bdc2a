/**
 * Which client certificates may speak. The CA has been checked by OpenSSL; here the name is, against
 * every SAN dNSName and the CN: exact, without regard to case, no wildcards on either side
 * (XKS Proxy API specification, "mTLS"; docs/adr/0004-mtls-subject.md says why it happens where it does).
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { subjectText } from './subject-text.ts';

/** Those of `subjects` that the certificate carries; the first wins. @req X-61 @req X-62 */
export function matchingSubject(
  certificate: X509Certificate,
  subjects: readonly string[],
): string | undefined {
  return subjects.find((subject) => certificate.checkHost(subject, EXACT) !== undefined);
}

/** The configured subjects of a listener, and what became of the clients measured against them. */
export class ClientSubjects {
  #subjects: readonly string[];
  readonly #accepted = new WeakMap<object, string>();

  constructor(subjects: readonly string[]) {
    this.#subjects = subjects;
  }

  /** For connections to come; open ones have proven themselves. */
  replace(subjects: readonly string[]): void {
    this.#subjects = subjects;
  }

  /** Undefined when the client may speak; otherwise what its certificate says of itself. */
  refuse(socket: TLSSocket): SeenSubject | undefined {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return { subject: '', subjectAltName: '' };
    const subject = matchingSubject(certificate, this.#subjects);
    if (subject === undefined) {
      return {
        subject: subjectText(certificate).slice(0, MAX_SHOWN),
        subjectAltName: (certificate.subjectAltName ?? '').slice(0, MAX_SHOWN),
      };
    }
    this.#accepted.set(socket, subject);
    return undefined;
  }

  acceptedFor(socket: object): string | undefined {
    return this.#accepted.get(socket);
  }
}

export interface SeenSubject {
  readonly subject: string;
  readonly subjectAltName: string;
}

const MAX_SHOWN = 512;

/** `subject: always` looks at the CN even where there are SANs. */
const EXACT = {
  subject: 'always',
  wildcards: false,
  partialWildcards: false,
  multiLabelWildcards: false,
  singleLabelSubdomains: false,
} as const;
