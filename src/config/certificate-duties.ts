/**
 * What can be told about the server certificate before AWS KMS sees it. Whether its root is on the list
 * that AWS publishes is not checked here.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Duty } from './duty.ts';
import type { TlsFiles } from './portcullis-config.ts';
import { FileFault, ownGroups, readRegularFile } from './private-file.ts';

/**
 * Reads the certificate chain and the key and compares them with each other and with the time.
 *
 * @req X-60
 */
export function certificateDuties(tls: TlsFiles, nowMs: number): Duty[] {
  const chain = readChain(tls.certFile);
  if (typeof chain === 'string') return [problem(chain)];
  const [leaf, ...rest] = chain;
  if (leaf === undefined) return [problem(`${tls.certFile} holds no certificate in PEM`)];
  return [
    ...keyDuties(leaf, tls),
    ...validityDuties(leaf, nowMs),
    ...chainDuties(leaf, rest),
    ...nameDuties(leaf),
  ];
}

function readChain(file: string): X509Certificate[] | string {
  const pem = readText(file);
  if (pem instanceof FileFault) return `${file} ${pem.message}`;
  try {
    return (pem.match(CERTIFICATE_BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return `${file} holds a certificate that cannot be parsed`;
  }
}

function keyDuties(leaf: X509Certificate, { certFile, keyFile }: TlsFiles): Duty[] {
  const pem = readText(keyFile);
  if (pem instanceof FileFault) return [problem(`${keyFile} ${pem.message}`)];
  const block = PRIVATE_KEY_BLOCK.exec(pem)?.[0];
  if (block === undefined) return [problem(`${keyFile} holds no private key in PEM`)];
  try {
    if (leaf.checkPrivateKey(createPrivateKey(block))) return [];
    return [problem(`the key in ${keyFile} does not belong to the first certificate in ${certFile}`)];
  } catch {
    return [problem(`the key in ${keyFile} cannot be read; store it as PEM without a pass phrase`)];
  }
}

function validityDuties(leaf: X509Certificate, nowMs: number): Duty[] {
  if (nowMs < Date.parse(leaf.validFrom))
    return [warning(`the certificate is not valid before ${leaf.validFrom}`)];
  const days = Math.floor((Date.parse(leaf.validTo) - nowMs) / DAY_MS);
  if (days < 0) return [warning(`the certificate expired on ${leaf.validTo}; renew it`)];
  if (days <= WARNING_DAYS)
    return [warning(`the certificate expires in ${days} days, on ${leaf.validTo}; renew it`)];
  return [{ requirement: 'X-60', severity: 'ok', text: `the certificate is valid for ${days} more days` }];
}

function chainDuties(leaf: X509Certificate, rest: readonly X509Certificate[]): Duty[] {
  if (leaf.checkIssued(leaf)) {
    return [
      warning('the certificate is self-signed; AWS KMS accepts only the public CAs on its published list'),
    ];
  }
  if (rest.length === 0) {
    return [
      warning('the file holds one certificate; send the full chain: append the intermediate certificates'),
    ];
  }
  const whole = [leaf, ...rest];
  const gap = rest.findIndex((issuer, index) => whole[index]?.checkIssued(issuer) !== true);
  if (gap < 0) return [];
  return [
    warning(`certificate ${gap + 2} in the file did not issue certificate ${gap + 1}; put them in order`),
  ];
}

function nameDuties(leaf: X509Certificate): Duty[] {
  const names = leaf.subjectAltName;
  if (names === undefined)
    return [warning('the certificate has no subject alternative name; AWS KMS needs one')];
  return [
    {
      requirement: 'X-60',
      severity: 'duty',
      text: `the host name of XksProxyUriEndpoint must be one of: ${names}`,
    },
  ];
}

function readText(file: string): string | FileFault {
  try {
    return Buffer.from(readRegularFile(file, MAX_PEM_BYTES, ownGroups()).bytes).toString('latin1');
  } catch (error) {
    if (error instanceof FileFault) return error;
    throw error;
  }
}

function problem(text: string): Duty {
  return { requirement: 'X-60', severity: 'problem', text };
}

function warning(text: string): Duty {
  return { requirement: 'X-60', severity: 'warning', text };
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PRIVATE_KEY_BLOCK = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END ([A-Z]+ )?PRIVATE KEY-----/;
const DAY_MS = 86_400_000;
/** AWS advises an alarm at ten days. */
const WARNING_DAYS = 10;
const MAX_PEM_BYTES = 1_048_576;
