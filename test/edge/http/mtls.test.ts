import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { matchingSubject } from '../../../src/edge/http/client-subject.ts';
import type { TlsMaterial } from '../../../src/edge/http/tls-material.ts';
import { CertificateShop, type Issued, type Subject } from '../../support/certificates.ts';
import { listening } from './listening.ts';
import { curl, sClient } from './tls-clients.ts';

const shop = new CertificateShop();
afterAll(() => shop[Symbol.dispose]());

const KMS = 'cks.kms.eu-west-1.amazonaws.com';
const KMS_US = 'cks.kms.us-east-1.amazonaws.com';
const serverCertificate = shop.issue({ cn: 'localhost', dns: ['localhost'] });
const clientRoot = shop.otherRoot();
const tls: TlsMaterial = {
  cert: serverCertificate.cert,
  key: new Secret(serverCertificate.key),
  clientCa: clientRoot.cert,
  clientSubjects: [KMS, KMS_US],
};

const ACCEPTED: readonly { what: string; subject: Subject; as: string }[] = [
  { what: 'the CN alone', subject: { cn: KMS }, as: KMS },
  { what: 'the only SAN', subject: { cn: 'x', dns: [KMS] }, as: KMS },
  { what: 'the second SAN', subject: { cn: 'x', dns: ['other.example', KMS_US] }, as: KMS_US },
  { what: 'the SAN beside no CN', subject: { cn: '', dns: [KMS] }, as: KMS },
  { what: 'the CN beside foreign SANs', subject: { cn: KMS, dns: ['other.example'] }, as: KMS },
  {
    what: 'a SAN in other letter case',
    subject: { cn: 'x', dns: ['CKS.kms.EU-WEST-1.amazonaws.com'] },
    as: KMS,
  },
];

const REFUSED: readonly { what: string; subject: Subject }[] = [
  { what: 'another name', subject: { cn: 'cks.kms.eu-west-2.amazonaws.com' } },
  { what: 'a wildcard SAN', subject: { cn: 'x', dns: ['*.kms.eu-west-1.amazonaws.com'] } },
  { what: 'a partial wildcard SAN', subject: { cn: 'x', dns: ['ck*.kms.eu-west-1.amazonaws.com'] } },
  { what: 'a wildcard CN', subject: { cn: '*.kms.eu-west-1.amazonaws.com' } },
  { what: 'a longer name', subject: { cn: 'x', dns: [`evil.${KMS}`] } },
  { what: 'a name that goes on', subject: { cn: 'x', dns: [`${KMS}.evil.example`] } },
  { what: 'a shorter name', subject: { cn: 'x', dns: ['kms.eu-west-1.amazonaws.com'] } },
  { what: 'no name at all', subject: { cn: '' } },
  { what: 'the name with a dot at its end', subject: { cn: 'x', dns: [`${KMS}.`] } },
];

describe('which client certificates may speak', () => {
  it.for(ACCEPTED)('mistake 10: $what is accepted', async ({ subject, as }) => {
    await using server = await listening({ tls });
    const fetched = await asClient(server.port, shop.issue(subject, clientRoot));
    expect(fetched).toEqual({ code: 0, output: '{"method":"GET","body":""}' });
    expect(server.seen.map((exchange) => exchange.tlsClientSubject)).toEqual([as]);
  });

  it.for(REFUSED)('X-61 X-62: $what is refused, and the handler sees nothing', async ({ subject }) => {
    await using server = await listening({ tls });
    const fetched = await asClient(server.port, shop.issue(subject, clientRoot));
    expect(fetched.code).not.toBe(0);
    expect(server.seen).toEqual([]);
  });

  it('X-61: the log says which subject was refused', async () => {
    await using server = await listening({ tls });
    await asClient(
      server.port,
      shop.issue({ cn: 'someone', dns: ['some.example', 'else.example'] }, clientRoot),
    );
    expect(server.logged('tls.client-refused')).toEqual([
      {
        listener: 'proxy',
        remoteAddress: expect.stringMatching(/127\.0\.0\.1|::1/),
        reason: 'the certificate carries none of the configured clientSubjects',
        subject: 'CN=someone',
        subjectAltName: 'DNS:some.example, DNS:else.example',
      },
    ]);
  });

  it.for([{ version: '-tls1_2' }, { version: '-tls1_3' }])(
    'X-61: a request sent along with the handshake of a wrong subject is never parsed ($version)',
    async ({ version }) => {
      await using server = await listening({ tls });
      const client = shop.issue({ cn: 'someone' }, clientRoot);
      const { output } = await sClient(
        server.port,
        version,
        '-cert',
        client.certFile,
        '-key',
        client.keyFile,
      );
      expect(output).not.toContain('HTTP/1.1');
      expect(server.seen).toEqual([]);
      expect(server.lines.filter((line) => line.event.startsWith('http.')).map((line) => line.event)).toEqual(
        ['http.listening'],
      );
    },
  );

  it.for([
    { version: '--tls-max', value: '1.2' },
    { version: '--tlsv1.3', value: '--tlsv1.3' },
  ])(
    'X-61: no certificate, one of another CA, and one that ran out are refused ($version $value)',
    async ({ version, value }) => {
      await using server = await listening({ tls });
      const strangers = [shop.issue({ cn: KMS }, shop.root), shop.issue({ cn: KMS, days: -1 }, clientRoot)];
      const codes = [(await curl(server.port, version, value, '--cacert', shop.root.certFile)).code];
      for (const stranger of strangers)
        codes.push((await asClient(server.port, stranger, version, value)).code);
      expect(codes).not.toContain(0);
      expect(server.seen).toEqual([]);
      expect(server.logged('tls.handshake-failed').map((fields) => fields['reason'])).toEqual([
        'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
        'SELF_SIGNED_CERT_IN_CHAIN',
        'CERT_HAS_EXPIRED',
      ]);
    },
  );

  it('X-61: several CAs in one file are all trusted', async () => {
    await using server = await listening({ tls: { ...tls, clientCa: shop.root.cert + clientRoot.cert } });
    expect((await asClient(server.port, shop.issue({ cn: KMS }, clientRoot))).code).toBe(0);
    expect((await asClient(server.port, shop.issue({ cn: KMS }, shop.root))).code).toBe(0);
  });

  it('X-62: a name in the certificate is no pattern and no part of one', () => {
    const certificate = new X509Certificate(
      shop.issue({ cn: 'a.example', dns: ['b.example', '*.c.example'] }).cert,
    );
    expect(matchingSubject(certificate, ['x.c.example', 'example', 'B.EXAMPLE', 'a.example'])).toBe(
      'B.EXAMPLE',
    );
    expect(matchingSubject(certificate, ['x.c.example', 'x.a.example', 'a.exampl'])).toBeUndefined();
    expect(matchingSubject(certificate, [])).toBeUndefined();
  });
});

describe('replacing TLS material while the listener runs', () => {
  const client = shop.issue({ cn: KMS }, clientRoot);

  it('mistake 10: new connections get the new certificate, and an open one goes on', async () => {
    await using server = await listening({ tls });
    const open = await openConnection(server.port, client);
    expect(await ask(open)).toContain('HTTP/1.1 200 OK');
    const renewed = shop.issue({ cn: 'renewed.example', dns: ['localhost'] });
    server.listener.reloadTls({ ...tls, cert: renewed.cert, key: new Secret(renewed.key) });
    const fresh = await openConnection(server.port, client);
    expect(fresh.getPeerCertificate().subject.CN).toBe('renewed.example');
    expect(await ask(open)).toContain('HTTP/1.1 200 OK');
    expect(await ask(fresh)).toContain('HTTP/1.1 200 OK');
    open.destroy();
    fresh.destroy();
  });

  it('mistake 10: material that cannot be used is refused, and the old goes on', async () => {
    await using server = await listening({ tls });
    const other = shop.issue({ cn: 'other.example' });
    expect(() => server.listener.reloadTls({ ...tls, key: new Secret(other.key) })).toThrow(
      expect.objectContaining({ name: 'TlsFault', code: 'key-mismatch' }),
    );
    expect((await asClient(server.port, client)).code).toBe(0);
  });

  it('X-61: subjects and CA are replaced too', async () => {
    await using server = await listening({ tls });
    const newcomer = shop.issue({ cn: KMS_US }, shop.root);
    expect((await asClient(server.port, newcomer)).code).not.toBe(0);
    server.listener.reloadTls({ ...tls, clientCa: shop.root.cert, clientSubjects: [KMS_US] });
    expect((await asClient(server.port, newcomer)).code).toBe(0);
    expect((await asClient(server.port, client)).code).not.toBe(0);
  });

  it.for([{ version: 'TLSv1.2' as const }, { version: 'TLSv1.3' as const }])(
    'X-61: a session from before the reload is no way around the new CA ($version)',
    async ({ version }) => {
      await using server = await listening({ tls });
      const first = await openConnection(server.port, client, { maxVersion: version });
      const session = new Promise<Buffer>((resolve) => first.once('session', resolve));
      await ask(first);
      const ticket = first.getSession() ?? (await session);
      first.destroy();
      const resumed = await openConnection(server.port, client, { maxVersion: version, session: ticket });
      expect(await ask(resumed)).toContain('HTTP/1.1 200 OK');
      expect(resumed.isSessionReused()).toBe(true);
      resumed.destroy();
      const before = server.seen.length;
      server.listener.reloadTls({ ...tls, clientCa: shop.root.cert });
      await expect(
        openConnection(server.port, client, { maxVersion: version, session: ticket }).then(ask),
      ).resolves.toBe('');
      expect(server.seen.length).toBe(before);
    },
  );

  it.for([{ version: 'TLSv1.2' as const }, { version: 'TLSv1.3' as const }])(
    'X-61: a resumed session is measured against the subjects again ($version)',
    async ({ version }) => {
      await using server = await listening({ tls });
      const first = await openConnection(server.port, client, { maxVersion: version });
      await ask(first);
      const ticket = first.getSession();
      first.destroy();
      server.listener.reloadTls({ ...tls, clientSubjects: [KMS_US] });
      const resumed = openConnection(server.port, client, {
        maxVersion: version,
        ...(ticket ? { session: ticket } : {}),
      });
      await expect(resumed.then(ask)).resolves.toBe('');
      expect(server.seen).toHaveLength(1);
    },
  );

  it('does not switch client certificates on or off', async () => {
    await using server = await listening({ tls: { cert: tls.cert, key: tls.key } });
    expect(() => server.listener.reloadTls(tls)).toThrow(
      expect.objectContaining({ name: 'TlsFault', code: 'client-ca-switch' }),
    );
    await using plain = await listening({});
    expect(() => plain.listener.reloadTls(tls)).toThrow(expect.objectContaining({ name: 'Bug' }));
  });
});

function asClient(port: number, client: Issued, ...args: readonly string[]) {
  return curl(
    port,
    '--cacert',
    shop.root.certFile,
    '--cert',
    client.certFile,
    '--key',
    client.keyFile,
    ...args,
  );
}

type Connection = ReturnType<typeof connect>;

async function openConnection(
  port: number,
  client: Issued,
  options: { maxVersion?: 'TLSv1.2' | 'TLSv1.3'; session?: Buffer } = {},
): Promise<Connection> {
  const socket = connect({
    ...{ port, host: '127.0.0.1', servername: 'localhost', ca: shop.root.cert },
    ...{ cert: client.cert, key: client.key },
    ...options,
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('secureConnect', resolve).once('close', resolve));
  return socket;
}

/** One request; the first bytes of the answer, or nothing when the connection ended instead. */
function ask(socket: Connection): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
    socket.once('close', () => resolve(''));
    if (socket.destroyed) resolve('');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}
