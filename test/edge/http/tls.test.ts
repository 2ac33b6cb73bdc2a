import { writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { TlsFault, type TlsFaultCode } from '../../../src/edge/http/tls-fault.ts';
import {
  certificatesIn,
  secureContextOptions,
  type TlsMaterial,
} from '../../../src/edge/http/tls-material.ts';
import { CertificateShop, type Issued, type KeyFormat, openssl } from '../../support/certificates.ts';
import { exchangeRaw } from '../../support/raw-http.ts';
import { listening } from './listening.ts';
import { curl, sClient, suiteOf } from './tls-clients.ts';

const shop = new CertificateShop();
afterAll(() => shop[Symbol.dispose]());

const LOCALHOST = { cn: 'localhost', dns: ['localhost'] };
const rsa = shop.issue({ ...LOCALHOST, key: 'rsa-pkcs8' });
const ec = shop.issue({ ...LOCALHOST, key: 'ec-pkcs8' });

describe('protocol versions and suites', () => {
  it.for([
    { suite: 'TLS_AES_256_GCM_SHA384', certificate: rsa, args: ['-tls1_3', '-ciphersuites'] },
    { suite: 'TLS_CHACHA20_POLY1305_SHA256', certificate: ec, args: ['-tls1_3', '-ciphersuites'] },
    { suite: 'ECDHE-RSA-AES256-GCM-SHA384', certificate: rsa, args: ['-tls1_2', '-cipher'] },
    { suite: 'ECDHE-ECDSA-AES256-GCM-SHA384', certificate: ec, args: ['-tls1_2', '-cipher'] },
  ])('X-03: $suite is negotiated', async ({ suite, certificate, args }) => {
    await using server = await listening({ tls: material(certificate) });
    const { output } = await sClient(server.port, ...args, suite);
    expect(suiteOf(output)).toBe(suite);
    expect(output).toContain('HTTP/1.1 200 OK');
  });

  it.for([
    { what: 'TLS 1.1', args: ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'] },
    { what: 'TLS 1.0', args: ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'] },
    { what: 'CBC with SHA-384', args: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-SHA384'] },
    { what: 'CBC with SHA-1', args: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-SHA'] },
    { what: 'AES-128-GCM in TLS 1.2', args: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'] },
    { what: 'ChaCha20 in TLS 1.2', args: ['-tls1_2', '-cipher', 'ECDHE-RSA-CHACHA20-POLY1305'] },
    { what: 'RSA key transport', args: ['-tls1_2', '-cipher', 'AES256-GCM-SHA384'] },
    { what: 'finite-field Diffie-Hellman', args: ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384'] },
    { what: 'AES-128-GCM in TLS 1.3', args: ['-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'] },
  ])('X-03: $what is refused', async ({ args }) => {
    await using server = await listening({ tls: material(rsa) });
    const { output } = await sClient(server.port, ...args);
    expect(suiteOf(output)).toBe('(NONE)');
    expect(server.seen).toEqual([]);
  });

  it('X-02: a client that offers h2 and http/1.1 gets http/1.1', async () => {
    await using server = await listening({ tls: material(ec) });
    const { output } = await sClient(server.port, '-alpn', 'h2,http/1.1');
    expect(output).toContain('ALPN protocol: http/1.1');
    expect(output).toContain('HTTP/1.1 200 OK');
  });

  it('renegotiation is refused', async () => {
    await using server = await listening({ tls: material(rsa) });
    const client = connect({
      host: '127.0.0.1',
      port: server.port,
      ca: shop.root.cert,
      servername: 'localhost',
      maxVersion: 'TLSv1.2',
    });
    await new Promise((resolve) => client.once('secureConnect', resolve));
    const failed = new Promise<Error>((resolve) => client.once('error', resolve));
    client.renegotiate({}, () => {});
    expect((await failed).message).toContain('no renegotiation');
    client.destroy();
  });

  it('plain HTTP on a TLS port is closed without an answer', async () => {
    await using server = await listening({ tls: material(ec) });
    expect(await exchangeRaw(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toEqual([]);
    expect(server.logged('tls.handshake-failed')).toEqual([
      { listener: 'proxy', remoteAddress: '127.0.0.1', reason: 'ERR_SSL_HTTP_REQUEST' },
    ]);
  });

  it('of refused handshakes ten a second are logged', async () => {
    await using server = await listening({ tls: material(ec) });
    for (let tries = 0; tries < 15; tries += 1)
      await exchangeRaw(server.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect
      .poll(() => server.logged('log.suppressed'), { timeout: 3_000 })
      .toEqual([{ listener: 'proxy', lines: 5 }]);
    expect(server.logged('tls.handshake-failed')).toHaveLength(10);
  });

  it('a handshake that takes too long is given up', async () => {
    await using server = await listening({ tls: material(ec), limits: { handshakeTimeoutMs: 50 } });
    expect(await exchangeRaw(server.port, '\u0016\u0003')).toEqual([]);
    expect(server.logged('tls.handshake-failed')).toMatchObject([{ reason: 'ERR_TLS_HANDSHAKE_TIMEOUT' }]);
  });
});

describe('the server certificate', () => {
  it('X-60: is sent with its whole chain and stands up to a verifying client', async () => {
    const intermediate = shop.issue({ cn: 'Test Intermediate', ca: true });
    const leaf = shop.issue(LOCALHOST, intermediate);
    await using server = await listening({ tls: { ...material(leaf), cert: leaf.cert + intermediate.cert } });
    const { output } = await sClient(
      server.port,
      ...[
        '-showcerts',
        '-CAfile',
        shop.root.certFile,
        '-verify_hostname',
        'localhost',
        '-verify_return_error',
      ],
    );
    expect(output).toContain('Verify return code: 0 (ok)');
    expect(output.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThanOrEqual(2);
    const fetched = await curl(server.port, '--cacert', shop.root.certFile);
    expect(fetched).toEqual({ code: 0, output: '{"method":"GET","body":""}' });
  });

  it.for<{ key: KeyFormat; header: string }>([
    { key: 'rsa-pkcs8', header: '-----BEGIN PRIVATE KEY-----' },
    { key: 'rsa-pkcs1', header: '-----BEGIN RSA PRIVATE KEY-----' },
    { key: 'ec-pkcs8', header: '-----BEGIN PRIVATE KEY-----' },
    { key: 'ec-sec1', header: '-----BEGIN EC PRIVATE KEY-----' },
    { key: 'ec-sec1-with-parameters', header: '-----BEGIN EC PARAMETERS-----' },
  ])('mistake 10: a key as $key works ($header)', async ({ key, header }) => {
    const certificate = shop.issue({ ...LOCALHOST, key });
    expect(certificate.key.startsWith(header)).toBe(true);
    await using server = await listening({ tls: material(certificate) });
    expect((await curl(server.port, '--cacert', shop.root.certFile)).code).toBe(0);
  });

  it('needs no subject: its names may all be in the subjectAltName', async () => {
    await using server = await listening({ tls: material(shop.issue({ cn: '', dns: ['localhost'] })) });
    expect(server.logged('tls.loaded')).toMatchObject([{ subject: '' }]);
    expect((await curl(server.port, '--cacert', shop.root.certFile)).code).toBe(0);
  });

  it('is named in the log with the day it runs out', async () => {
    await using server = await listening({ tls: material(ec) });
    expect(server.logged('tls.loaded')).toEqual([
      {
        listener: 'proxy',
        subject: 'CN=localhost',
        notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        mutual: false,
      },
    ]);
  });
});

describe('the certificates in use', () => {
  const intermediate = shop.issue({ cn: 'Intermediate', ca: true });
  const leaf = shop.issue({ ...LOCALHOST, days: 5 }, intermediate);
  const cas = [shop.otherRoot(), shop.root];

  it('are the own one, its intermediates and the client CAs, each with the day it runs out', () => {
    const cert = leaf.cert + intermediate.cert;
    const found = certificatesIn({ ...material(leaf), cert, ...mutual(cas.map((ca) => ca.cert).join('')) });
    expect(found.map(({ role, subject }) => `${role} ${subject}`)).toEqual([
      'server CN=localhost',
      'intermediate CN=Intermediate',
      'client-ca CN=Other Root',
      'client-ca CN=Test Root',
    ]);
    expect(new Set(found.map(({ serial }) => serial)).size).toBe(4);
    const days = found.map(({ notAfterMs }) => Math.round((notAfterMs - Date.now()) / 86_400_000));
    expect(days).toEqual([5, 2, 2, 2]);
  });

  it('are none without TLS, and may lack a name', () => {
    const nameless = selfSigned(ec.key, '/');
    expect(certificatesIn(undefined)).toEqual([]);
    expect(certificatesIn({ ...material(ec), cert: nameless })).toMatchObject([
      { role: 'server', subject: '' },
    ]);
  });

  it('are read whole: a broken intermediate certificate is a fault', () => {
    const cert = leaf.cert + broken('CERTIFICATE');
    expect(() => certificatesIn({ ...material(leaf), cert })).toThrow('an intermediate certificate is not');
  });
});

describe('material that cannot be used', () => {
  const encrypted = openssl('pkey', '-in', rsa.keyFile, '-aes256', '-passout', 'pass:x');
  const encryptedPkcs1 = openssl('rsa', '-in', rsa.keyFile, '-aes256', '-passout', 'pass:x', '-traditional');
  const short = openssl('genrsa', '1024');

  it.for<{ what: string; code: TlsFaultCode; change: Partial<TlsMaterial>; words: string }>([
    { what: 'no certificate', code: 'certificate', change: { cert: 'none' }, words: 'not a PEM certificate' },
    { what: 'no key', code: 'key', change: { key: new Secret('none') }, words: 'no PEM block' },
    {
      what: 'a broken key',
      code: 'key',
      change: { key: new Secret(broken('PRIVATE KEY')) },
      words: 'cannot be read',
    },
    { what: 'an encrypted key', code: 'key', change: { key: new Secret(encrypted) }, words: 'openssl pkey' },
    {
      what: 'an encrypted PKCS#1 key',
      code: 'key',
      change: { key: new Secret(encryptedPkcs1) },
      words: 'openssl pkey',
    },
    {
      what: 'a key of another certificate',
      code: 'key-mismatch',
      change: { key: new Secret(ec.key) },
      words: 'does not belong',
    },
    { what: 'no client CA', code: 'client-ca', change: mutual('none'), words: 'no PEM certificate' },
    {
      what: 'a broken client CA',
      code: 'client-ca',
      change: mutual(broken('CERTIFICATE')),
      words: 'a client CA',
    },
  ])('$what is the fault $code', ({ code, change, words }) => {
    const fault = faultOf({ ...material(rsa), ...change });
    expect(fault).toMatchObject({ name: 'TlsFault', code });
    expect(fault.detail).toContain(words);
  });

  it('a key that OpenSSL finds too short is refused', () => {
    expect(faultOf({ cert: selfSigned(short), key: new Secret(short) })).toMatchObject({ code: 'refused' });
  });

  it.for([
    { what: 'a CA without subjects', change: { clientCa: ec.cert } },
    { what: 'a CA with an empty list', change: { clientCa: ec.cert, clientSubjects: [] } },
    { what: 'subjects without a CA', change: { clientSubjects: ['a.example'] } },
    { what: 'a wildcard', change: { clientCa: ec.cert, clientSubjects: ['*.example'] } },
    { what: 'a leading dot', change: { clientCa: ec.cert, clientSubjects: ['.example'] } },
    { what: 'an empty name', change: { clientCa: ec.cert, clientSubjects: [''] } },
  ])('X-61: $what is a bug of whoever read the configuration', ({ change }) => {
    expect(() => secureContextOptions({ ...material(rsa), ...change })).toThrow(
      expect.objectContaining({ name: 'Bug' }),
    );
  });
});

function material(certificate: Issued): TlsMaterial {
  return { cert: certificate.cert, key: new Secret(certificate.key) };
}

function mutual(clientCa: string): Partial<TlsMaterial> {
  return { clientCa, clientSubjects: ['client.example'] };
}

function broken(label: string): string {
  return `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
}

function selfSigned(key: string, subject = '/CN=localhost'): string {
  const keyFile = `${shop.directory}/short.pem`;
  writeFileSync(keyFile, key);
  return openssl('req', '-x509', '-new', '-key', keyFile, '-subj', subject, '-days', '2');
}

function faultOf(tls: TlsMaterial): TlsFault {
  try {
    secureContextOptions(tls);
  } catch (error) {
    expect(error).toBeInstanceOf(TlsFault);
    return error as TlsFault;
  }
  throw new Error('the material was accepted');
}
