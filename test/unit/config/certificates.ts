/** Certificates made with openssl for one test file, valid for 30 days from now. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificates {
  /** The host certificate, the CA certificate that issued it, and an unrelated self-signed one, in PEM. */
  readonly leaf: string;
  readonly issuer: string;
  readonly stranger: string;
  /** Keys of the host certificate: PKCS#8, SEC1 with its parameter block, and encrypted. */
  readonly key: string;
  readonly sec1Key: string;
  readonly encryptedKey: string;
  readonly strangerKey: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Makes them in `directory`. */
export function makeCertificates(directory: string): TestCertificates {
  const run = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  };
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const selfSigned = (name: string): void =>
    run(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
    );
  selfSigned('issuer');
  selfSigned('stranger');
  run(
    'req',
    ...NEW_KEY,
    '-keyout',
    'leaf.key',
    '-out',
    'leaf.csr',
    '-subj',
    '/CN=xks.example.com',
    '-addext',
    SAN,
  );
  run(
    'x509',
    '-req',
    '-in',
    'leaf.csr',
    '-CA',
    'issuer.pem',
    '-CAkey',
    'issuer.key',
    '-out',
    'leaf.pem',
    '-days',
    '30',
    '-copy_extensions',
    'copy',
  );
  run('ec', '-in', 'leaf.key', '-out', 'leaf.sec1.key');
  run('ecparam', '-name', 'prime256v1', '-out', 'parameters.pem');
  run('pkcs8', '-topk8', '-in', 'leaf.key', '-out', 'leaf.encrypted.key', '-passout', 'pass:test');
  const leaf = read('leaf.pem');
  const { validFrom, validTo } = new X509Certificate(leaf);
  return {
    leaf,
    issuer: read('issuer.pem'),
    stranger: read('stranger.pem'),
    key: read('leaf.key'),
    sec1Key: `${read('parameters.pem')}${read('leaf.sec1.key')}`,
    encryptedKey: read('leaf.encrypted.key'),
    strangerKey: read('stranger.key'),
    notBeforeMs: Date.parse(validFrom),
    notAfterMs: Date.parse(validTo),
  };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
const SAN = 'subjectAltName=DNS:xks.example.com,DNS:xks2.example.com';
