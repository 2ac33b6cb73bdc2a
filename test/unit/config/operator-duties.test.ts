import { afterAll, describe, expect, it, test } from 'vitest';
import { operatorDuties } from '../../../src/config/operator-duties.ts';
import { makeCertificates } from './certificates.ts';
import { type Change, ConfigDirectory, STORE } from './config-directory.ts';

const workshop = new ConfigDirectory();
const pem = makeCertificates(workshop.path);
afterAll(() => workshop[Symbol.dispose]());

const DAY_MS = 86_400_000;
const TLS: Change = [['proxy', 'tls'], { certFile: 'chain.pem', keyFile: 'key.pem' }];
const CHAIN = `${pem.leaf}${pem.issuer}`;
const NAMES =
  'the host name of XksProxyUriEndpoint must be one of: DNS:xks.example.com, DNS:xks2.example.com';

/** What is said of a server certificate, as `severity: text`. */
function saidOfCertificate(chain: string, key: string, nowMs = pem.notAfterMs - 11.5 * DAY_MS): string[] {
  using directory = new ConfigDirectory();
  directory.write('chain.pem', chain);
  directory.write('key.pem', key);
  return operatorDuties(directory.load(TLS), nowMs)
    .filter((duty) => duty.requirement === 'X-60')
    .map(({ severity, text }) => `${severity}: ${text.replaceAll(`${directory.path}/`, '')}`);
}

describe('X-60: the server certificate', () => {
  it('is found right when chain, key and time fit', () => {
    expect(saidOfCertificate(CHAIN, pem.key)).toEqual([
      'ok: the certificate is valid for 11 more days',
      `duty: ${NAMES}`,
    ]);
  });

  it('mistake 10: may come with a key in SEC1', () => {
    expect(saidOfCertificate(CHAIN, pem.sec1Key)).toEqual([
      'ok: the certificate is valid for 11 more days',
      `duty: ${NAMES}`,
    ]);
  });

  test.for([
    {
      title: 'without its issuer',
      chain: pem.leaf,
      said: 'warning: the file holds one certificate; send the full chain: append the intermediate certificates',
    },
    {
      title: 'with a certificate that did not issue it',
      chain: `${pem.leaf}${pem.stranger}`,
      said: 'warning: certificate 2 in the file did not issue certificate 1; put them in order',
    },
    {
      title: 'with a stranger at the end of the chain',
      chain: `${CHAIN}${pem.stranger}`,
      said: 'warning: certificate 3 in the file did not issue certificate 2; put them in order',
    },
  ])('is warned of $title', ({ chain, said }) => {
    expect(saidOfCertificate(chain, pem.key)).toContain(said);
  });

  it('is warned of when self-signed and without names', () => {
    expect(saidOfCertificate(pem.stranger, pem.strangerKey)).toEqual([
      expect.stringMatching(/^ok: the certificate is valid for 11 more days$/),
      'warning: the certificate is self-signed; AWS KMS accepts only the public CAs on its published list',
      'warning: the certificate has no subject alternative name; AWS KMS needs one',
    ]);
  });

  test.for([
    {
      title: 'ten days before its end',
      nowMs: pem.notAfterMs - 10.5 * DAY_MS,
      said: 'warning: the certificate expires in 10 days, on ',
    },
    { title: 'after its end', nowMs: pem.notAfterMs + 1_000, said: 'warning: the certificate expired on ' },
    {
      title: 'before its beginning',
      nowMs: pem.notBeforeMs - 1_000,
      said: 'warning: the certificate is not valid before ',
    },
  ])('is judged by the time $title', ({ nowMs, said }) => {
    expect(saidOfCertificate(CHAIN, pem.key, nowMs).join('\n')).toContain(said);
  });

  test.for([
    {
      title: 'the key belongs to another certificate',
      chain: CHAIN,
      key: pem.strangerKey,
      said: 'problem: the key in key.pem does not belong to the first certificate in chain.pem',
    },
    {
      title: 'the chain starts with the issuer',
      chain: `${pem.issuer}${pem.leaf}`,
      key: pem.key,
      said: 'problem: the key in key.pem does not belong to the first certificate in chain.pem',
    },
    {
      title: 'the key is encrypted',
      chain: CHAIN,
      key: pem.encryptedKey,
      said: 'problem: the key in key.pem cannot be read; store it as PEM without a pass phrase',
    },
    {
      title: 'there is no key',
      chain: CHAIN,
      key: 'x',
      said: 'problem: key.pem holds no private key in PEM',
    },
    {
      title: 'there is no certificate',
      chain: 'x',
      key: pem.key,
      said: 'problem: chain.pem holds no certificate in PEM',
    },
    {
      title: 'the certificate is broken',
      chain: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      key: pem.key,
      said: 'problem: chain.pem holds a certificate that cannot be parsed',
    },
  ])('cannot work when $title', ({ chain, key, said }) => {
    expect(saidOfCertificate(chain, key)).toContain(said);
  });

  test.for([
    { name: 'chain.pem', said: 'problem: chain.pem does not exist' },
    { name: 'key.pem', said: 'problem: key.pem does not exist' },
  ])('cannot work when $name went away after loading', ({ name, said }) => {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', CHAIN);
    directory.write('key.pem', pem.key);
    const config = directory.load(TLS);
    directory.remove(name);
    const texts = operatorDuties(config, pem.notBeforeMs).map(({ severity, text }) => `${severity}: ${text}`);
    expect(texts.map((text) => text.replaceAll(`${directory.path}/`, ''))).toContain(said);
  });
});

describe('X-62: the names of client certificates', () => {
  function saidOfSubjects(clientSubjects: readonly string[]): string[] {
    using directory = new ConfigDirectory();
    for (const name of ['chain.pem', 'key.pem', 'ca.pem']) directory.write(name, '');
    const tls = { certFile: 'chain.pem', keyFile: 'key.pem', clientCaFile: 'ca.pem', clientSubjects };
    const config = directory.load(
      [['proxy', 'tls'], tls],
      [['keyStores', 1], { ...STORE, regions: ['eu-west-1', 'us-east-1'] }],
    );
    return operatorDuties(config, 0)
      .filter((duty) => duty.requirement === 'X-62')
      .map(({ severity, text }) => `${severity}: ${text}`);
  }

  it('are right when they are those of AWS KMS in every configured Region', () => {
    expect(saidOfSubjects(['cks.kms.eu-west-1.amazonaws.com', 'cks.kms.us-east-1.amazonaws.com'])).toEqual([
      'duty: clientCaFile holds the roots of Amazon Trust Services and nothing else',
    ]);
  });

  it('are warned of when one is missing or belongs to somebody else', () => {
    expect(saidOfSubjects(['cks.kms.eu-west-1.amazonaws.com', 'kms.example.com'])).toEqual([
      'warning: clientSubjects lacks cks.kms.us-east-1.amazonaws.com, the name of AWS KMS in a configured Region',
      'warning: clientSubjects lets in kms.example.com, which is not AWS KMS in a configured Region',
      'duty: clientCaFile holds the roots of Amazon Trust Services and nothing else',
    ]);
  });

  it('X-61: are recommended when nobody asks for client certificates', () => {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', CHAIN);
    directory.write('key.pem', pem.key);
    expect(operatorDuties(directory.load(TLS), pem.notBeforeMs)).toContainEqual({
      requirement: 'X-61',
      severity: 'duty',
      text: 'client certificates are not asked for; consider clientCaFile and clientSubjects',
    });
  });
});

describe('X-08: the endpoint', () => {
  // 256 less the 8 of https://, the 4 of /one, the 11 of /kms/xks/v1, the 6 of /keys/, the id and the 9 of /metadata.
  test.for([
    { ids: ['foo'], room: 215 },
    { ids: ['foo', 'a'.repeat(100)], room: 118 },
    { ids: ['a'.repeat(128)], room: 90 },
  ])('has room for a host name of $room characters', ({ ids, room }) => {
    using directory = new ConfigDirectory();
    const keys = Object.fromEntries(ids.map((id) => [id, { token: 'soft', label: id }]));
    const [duty] = operatorDuties(directory.load([['keyStores', 0, 'keys'], keys]), 0);
    expect(duty).toEqual({
      requirement: 'X-08',
      severity: 'duty',
      text: `XksProxyUriEndpoint is https:// and a fully qualified domain name of at most ${room} characters, not an IP address; AWS KMS calls port 443 (forward it to port 8080 of this proxy)`,
    });
  });

  it('needs no forwarding when the proxy listens on port 443', () => {
    using directory = new ConfigDirectory();
    const [duty] = operatorDuties(directory.load([['proxy', 'port'], 443]), 0);
    expect(duty?.text).toMatch(/AWS KMS calls port 443$/);
  });

  it('X-07: has the path of each key store, and a load balancer that leaves requests alone', () => {
    using directory = new ConfigDirectory();
    const duties = operatorDuties(directory.load([['keyStores', 1], { ...STORE, pathPrefix: '' }]), 0);
    expect(duties.slice(1)).toEqual([
      { requirement: 'X-07', severity: 'duty', text: 'XksProxyUriPath is /one/kms/xks/v1' },
      { requirement: 'X-07', severity: 'duty', text: 'XksProxyUriPath is /kms/xks/v1' },
      {
        requirement: 'X-60',
        severity: 'duty',
        text: 'this proxy speaks plain HTTP; what terminates TLS in front of it must not change headers or paths',
      },
    ]);
  });
});
