/**
 * Throw-away certificates, made by the openssl command line and not by the code under test: CAs, an
 * intermediate, server and client certificates in every key format that operators bring.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type KeyFormat = 'rsa-pkcs8' | 'rsa-pkcs1' | 'ec-pkcs8' | 'ec-sec1' | 'ec-sec1-with-parameters';

export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Subject {
  readonly cn: string;
  /** subjectAltName dNSNames; none unless told. */
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly key?: KeyFormat;
  /** Validity from now; negative for one that has run out. */
  readonly days?: number;
  /** May issue certificates itself. */
  readonly ca?: boolean;
}

/** One directory of certificates under one root; dispose of it to remove the files. */
export class CertificateShop implements Disposable {
  readonly directory: string;
  readonly root: Issued;
  #issued = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'portcullis-certificates-'));
    this.root = this.#selfSigned('Test Root');
  }

  /** A CA that the root knows nothing of. */
  otherRoot(): Issued {
    return this.#selfSigned('Other Root');
  }

  /** A certificate by the root, or by `issuer`. */
  issue(subject: Subject, issuer: Issued = this.root): Issued {
    const home = this.#home();
    const keyFile = makeKey(home, subject.key ?? 'ec-pkcs8');
    const requestFile = join(home, 'request.pem');
    const certFile = join(home, 'cert.pem');
    const extensionFile = join(home, 'extensions');
    writeFileSync(extensionFile, extensionsOf(subject));
    openssl('req', '-new', '-key', keyFile, '-subj', `/CN=${subject.cn}`, '-out', requestFile);
    openssl(
      ...['x509', '-req', '-in', requestFile, '-CA', issuer.certFile, '-CAkey', issuer.keyFile],
      ...['-set_serial', String(this.#issued), '-days', String(subject.days ?? 2)],
      ...['-extfile', extensionFile, '-out', certFile],
    );
    return read(certFile, keyFile);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #selfSigned(cn: string): Issued {
    const home = this.#home();
    const keyFile = makeKey(home, 'ec-pkcs8');
    const certFile = join(home, 'cert.pem');
    openssl('req', '-x509', '-new', '-key', keyFile, '-subj', `/CN=${cn}`, '-days', '2', '-out', certFile);
    return read(certFile, keyFile);
  }

  #home(): string {
    this.#issued += 1;
    const home = join(this.directory, String(this.#issued));
    mkdirSync(home);
    return home;
  }
}

/** Runs openssl and returns what it printed; throws with its words when it fails. */
export function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function extensionsOf(subject: Subject): string {
  const names = [
    ...(subject.dns ?? []).map((name) => `DNS:${name}`),
    ...(subject.ips ?? []).map((ip) => `IP:${ip}`),
  ].join(',');
  return [
    ...(names === '' ? [] : [`subjectAltName=${names}`]),
    subject.ca === true ? 'basicConstraints=critical,CA:TRUE' : 'extendedKeyUsage=serverAuth,clientAuth',
    '',
  ].join('\n');
}

function makeKey(home: string, format: KeyFormat): string {
  const keyFile = join(home, 'key.pem');
  const pkcs8File = join(home, 'pkcs8.pem');
  switch (format) {
    case 'rsa-pkcs8':
      openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', keyFile);
      break;
    case 'rsa-pkcs1':
      openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', pkcs8File);
      openssl('rsa', '-in', pkcs8File, '-traditional', '-out', keyFile);
      break;
    case 'ec-pkcs8':
      openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', keyFile);
      break;
    case 'ec-sec1':
      openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', keyFile);
      break;
    case 'ec-sec1-with-parameters':
      openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', keyFile);
      break;
  }
  return keyFile;
}

function read(certFile: string, keyFile: string): Issued {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
}
