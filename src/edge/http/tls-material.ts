/**
 * What the TLS side of a listener is made of, checked piece by piece so that a fault says which piece is
 * at fault (XKS Proxy API specification, "TLS"; protocol versions and suites are not configurable).
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Bug } from '../../domain/bug.ts';
import { HOST_NAME } from '../../domain/host-name.ts';
import type { Secret } from '../../domain/secret.ts';
import { subjectText } from './subject-text.ts';
import { TlsFault } from './tls-fault.ts';

export interface TlsMaterial {
  /** PEM: the server's certificate first, then the intermediates up to, but without, the root. */
  readonly cert: string;
  /** PEM, not encrypted: PKCS#8, PKCS#1 or SEC1. */
  readonly key: Secret;
  /** PEM of the CAs that issue client certificates. Present: every client must show one (mutual TLS). */
  readonly clientCa?: string;
  /** Names, one of which a client certificate must carry; present exactly when `clientCa` is. */
  readonly clientSubjects?: readonly string[];
}

/** What a certificate says of itself, for the log. */
export interface ServerCertificate {
  readonly subject: string;
  readonly notAfterMs: number;
}

export interface CertificateInUse extends ServerCertificate {
  readonly role: 'server' | 'intermediate' | 'client-ca';
  /** In hex. */
  readonly serial: string;
}

/**
 * Checks the material and turns it into options for Node.
 * Throws TlsFault for what an operator can put right.
 * @req X-03 @req X-60
 */
export function secureContextOptions(tls: TlsMaterial): SecureContextOptions {
  assertSubjects(tls);
  const certificate = readCertificate(tls.cert, 'certificate', 'the server certificate');
  const key = readKey(tls.key);
  if (!certificate.checkPrivateKey(key)) {
    throw new TlsFault(
      'key-mismatch',
      'the private key does not belong to the first certificate of the chain; put the server certificate first, or use its own key',
    );
  }
  const options: SecureContextOptions = {
    cert: tls.cert,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1.2',
    ciphers: SUITES.join(':'),
    honorCipherOrder: true,
    ...(tls.clientCa === undefined ? {} : { ca: readClientCas(tls.clientCa) }),
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new TlsFault('refused', `OpenSSL refuses the certificate and key: ${reasonOf(cause)}`, { cause });
  }
  return options;
}

/** Every certificate in the material, for whoever watches when they run out. Throws TlsFault. */
export function certificatesIn(tls: TlsMaterial | undefined): CertificateInUse[] {
  const [server, ...intermediates] = tls?.cert.match(CERTIFICATE_BLOCK) ?? [];
  const clientCas = tls?.clientCa?.match(CERTIFICATE_BLOCK) ?? [];
  const read = (role: CertificateInUse['role'], pem: string): CertificateInUse => {
    const { code, what } = CERTIFICATE_ROLES[role];
    const certificate = readCertificate(pem, code, what);
    const { serialNumber: serial, validTo } = certificate;
    return { role, subject: subjectText(certificate), serial, notAfterMs: Date.parse(validTo) };
  };
  return [
    ...(server === undefined ? [] : [read('server', server)]),
    ...intermediates.map((pem) => read('intermediate', pem)),
    ...clientCas.map((pem) => read('client-ca', pem)),
  ];
}

export function describeCertificate(cert: string): ServerCertificate {
  const certificate = readCertificate(cert, 'certificate', 'the server certificate');
  return { subject: subjectText(certificate), notAfterMs: Date.parse(certificate.validTo) };
}

function assertSubjects(tls: TlsMaterial): void {
  const subjects = tls.clientSubjects ?? [];
  if ((tls.clientCa === undefined) !== (subjects.length === 0)) {
    throw new Bug('clientCa and clientSubjects come together or not at all');
  }
  for (const subject of subjects) {
    if (!HOST_NAME.test(subject))
      throw new Bug(`client subject ${JSON.stringify(subject)} is not a full host name`);
  }
}

function readCertificate(pem: string, code: 'certificate' | 'client-ca', what: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TlsFault(code, `${what} is not a PEM certificate: ${reasonOf(cause)}`, { cause });
  }
}

function readKey(secret: Secret): KeyObject {
  const pem = secret.reveal();
  if (ENCRYPTED_KEY.test(pem)) {
    throw new TlsFault(
      'key',
      'the private key is encrypted; store it without a pass phrase (openssl pkey -in … -out …)',
    );
  }
  // `openssl ecparam -genkey` writes the curve as a block of its own before the key.
  const block = PRIVATE_KEY_BLOCK.exec(pem)?.[0];
  if (block === undefined)
    throw new TlsFault('key', 'there is no PEM block "PRIVATE KEY" in the private key');
  try {
    return createPrivateKey(block);
  } catch (cause) {
    throw new TlsFault('key', `the private key cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function readClientCas(pem: string): string[] {
  const blocks = pem.match(CERTIFICATE_BLOCK) ?? [];
  if (blocks.length === 0)
    throw new TlsFault('client-ca', 'there is no PEM certificate among the client CAs');
  for (const block of blocks) readCertificate(block, 'client-ca', 'a client CA');
  return [...blocks];
}

/** OpenSSL's words, without its `error:0480006C:PEM routines::` prefix. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('::').pop() ?? cause.message) : String(cause);
}

const CERTIFICATE_ROLES = {
  server: { code: 'certificate', what: 'the server certificate' },
  intermediate: { code: 'certificate', what: 'an intermediate certificate' },
  'client-ca': { code: 'client-ca', what: 'a client CA' },
} as const;

/** @req X-03 */
const SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
];

const PRIVATE_KEY_BLOCK = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END ([A-Z]+ )?PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;
const CERTIFICATE_BLOCK =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
