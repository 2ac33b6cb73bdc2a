import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { runConfigCheck } from '../../src/cli/config-check.ts';
import { Secret } from '../../src/domain/secret.ts';
import { secureContextOptions } from '../../src/edge/http/tls-material.ts';
import { makeCertificates } from '../unit/config/certificates.ts';
import { type Change, ConfigDirectory, SECRET, SPARE } from '../unit/config/config-directory.ts';

const workshop = new ConfigDirectory();
const pem = makeCertificates(workshop.path);
afterAll(() => workshop[Symbol.dispose]());

const INLINE_SECRET: Change = [['keyStores', 0, 'credentials', 0, 'secretAccessKey'], SECRET];
const TLS: Change = [['proxy', 'tls'], { certFile: 'chain.pem', keyFile: 'key.pem' }];

async function check(
  directory: ConfigDirectory,
  file: string,
  json = false,
  nowMs = 0,
): Promise<{ code: number; text: string }> {
  let text = '';
  const out = {
    write: (part: string): void => {
      text += part;
    },
  };
  const code = await runConfigCheck(file, { json, out, nowMs });
  return { code, text: text.replaceAll(directory.path, '<directory>') };
}

describe('config check of a valid file', () => {
  it('exits with 0 and says what it understood', async () => {
    using directory = new ConfigDirectory();
    const file = directory.configure(
      INLINE_SECRET,
      [['metrics'], { host: '::1' }],
      [['control'], { socket: 'c.sock' }],
      [['tokens', 1], { ...SPARE, token: { label: 'spare', serial: '42' }, hosts: 2 }],
      [['keyStores', 0, 'keys', 'old'], { token: 'soft', id: '0a', status: 'DISABLED', usage: ['DECRYPT'] }],
    );
    expect(await check(directory, file)).toEqual({
      code: 0,
      text: `<directory>/portcullis.yaml: valid
listeners
  proxy http://127.0.0.1:8080
  metrics http://[::1]:9090
  control <directory>/c.sock
tokens
  soft: softhsm2, label=portcullis, 1 host, health key label=health (native-gcm)
  spare: softhsm2, label=spare, serial=42, 2 hosts, health key label=h (native-gcm)
key stores
  /one/kms/xks/v1: ENABLED, eu-west-1, 1 credential, AAD mode spec, 2 keys
    foo: soft label=foo, native-gcm, ENABLED, ENCRYPT DECRYPT
    old: soft id=0a, native-gcm, DISABLED, DECRYPT
warnings
  tokens[1]: no key uses the token spare
operator duties
  X-08 XksProxyUriEndpoint is https:// and a fully qualified domain name of at most 215 characters, not an IP address; AWS KMS calls port 443 (forward it to port 8080 of this proxy)
  X-07 XksProxyUriPath is /one/kms/xks/v1
  X-60 this proxy speaks plain HTTP; what terminates TLS in front of it must not change headers or paths
`,
    });
  });

  it('gives the same to a program', async () => {
    using directory = new ConfigDirectory();
    const file = directory.configure(
      INLINE_SECRET,
      [['tokens', 0, 'token'], { label: 'portcullis', serial: '4 2' }],
      [['keyStores', 0, 'keys', 'foo'], { token: 'soft', label: 'a/b', id: '0A1b' }],
    );
    const { code, text } = await check(directory, file, true);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      ok: true,
      problems: [],
      file: '<directory>/portcullis.yaml',
      listeners: { proxy: 'http://127.0.0.1:8080' },
      tokens: [
        {
          name: 'soft',
          module: '<directory>/module.so',
          healthKey: 'label=health',
          healthScheme: 'native-gcm',
          hosts: 1,
        },
      ],
      keyStores: [
        {
          pathPrefix: '/one',
          accessKeyIds: ['AAAAAAAAAAAAAAAAAAAA'],
          policy: { default: 'ALLOW', statements: 0 },
          keys: [
            {
              externalKeyId: 'foo',
              token: 'soft',
              selector: 'label=a/b;id=0a1b',
              uri: 'pkcs11:token=portcullis;serial=4%202;object=a%2Fb;type=secret-key;id=%0A%1B',
            },
          ],
        },
      ],
      warnings: [],
      duties: [{ requirement: 'X-08' }, { requirement: 'X-07' }, { requirement: 'X-60' }],
    });
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('123456');
  });

  it('X-60: shows what it looked at in the certificate', async () => {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', pem.leaf);
    directory.write('key.pem', pem.key);
    const { code, text } = await check(
      directory,
      directory.configure(INLINE_SECRET, TLS),
      false,
      pem.notBeforeMs,
    );
    expect(code).toBe(0);
    expect(text).toContain('  proxy https://127.0.0.1:8080\n');
    expect(text).toContain('warnings\n  X-60 the file holds one certificate; send the full chain');
    expect(text).toContain('looked at\n  X-60 the certificate is valid for 30 more days\n');
  });
});

describe('config check and the start agree', () => {
  const MUTUAL = {
    certFile: 'chain.pem',
    keyFile: 'key.pem',
    clientCaFile: 'ca.pem',
    clientSubjects: ['cks.kms.eu-west-1.amazonaws.com'],
  };

  /** Whether the listener could start, and what `config check` says. */
  async function both(
    clientCa: string,
    nowMs: number,
  ): Promise<{ code: number; text: string; starts: boolean }> {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', `${pem.leaf}${pem.issuer}`);
    directory.write('key.pem', pem.key);
    directory.write('ca.pem', clientCa);
    const file = directory.configure(INLINE_SECRET, [['proxy', 'tls'], MUTUAL]);
    const { clientSubjects } = MUTUAL;
    const material = { cert: pem.leaf, key: new Secret(pem.key), clientCa, clientSubjects };
    let starts = true;
    try {
      secureContextOptions(material);
    } catch {
      starts = false;
    }
    return { ...(await check(directory, file, false, nowMs)), starts };
  }

  it.for([
    {
      what: 'junk',
      clientCa: 'not a certificate\n',
      said: 'there is no PEM certificate among the client CAs',
    },
    {
      what: 'a broken certificate',
      clientCa: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      said: 'a client CA is not a PEM certificate',
    },
  ])('X-61: on a client CA that is $what', async ({ clientCa, said }) => {
    const { code, text, starts } = await both(clientCa, pem.notBeforeMs);
    expect({ code, starts }).toEqual({ code: 1, starts: false });
    expect(text).toContain(`problems\n  X-60 <directory>/ca.pem: ${said}`);
  });

  it('X-61: on a client CA that is one', async () => {
    const { code, starts } = await both(pem.issuer, pem.notBeforeMs);
    expect({ code, starts }).toEqual({ code: 0, starts: true });
  });

  it.for([
    { when: 'ran out', nowMs: pem.notAfterMs + 1_000, said: 'X-60 the certificate expired on ' },
    {
      when: 'is not valid yet',
      nowMs: pem.notBeforeMs - 1_000,
      said: 'X-60 the certificate is not valid before ',
    },
  ])('X-60: on a certificate that $when: it serves, and AWS KMS refuses it', async ({ nowMs, said }) => {
    const { code, text, starts } = await both(pem.issuer, nowMs);
    expect({ code, starts }).toEqual({ code: 0, starts: true });
    expect(text).toContain(`warnings\n  ${said}`);
  });

  it('X-60: on a certificate that OpenSSL refuses', async () => {
    using directory = new ConfigDirectory();
    execFileSync('openssl', [...TOO_SHORT.split(' '), '-keyout', 'short.key', '-out', 'short.pem'], {
      cwd: directory.path,
      stdio: 'pipe',
    });
    const tls = { certFile: 'short.pem', keyFile: 'short.key' };
    const file = directory.configure(INLINE_SECRET, [['proxy', 'tls'], tls]);
    const { code, text } = await check(directory, file, false, Date.now());
    expect(code).toBe(1);
    expect(text).toContain('X-60 <directory>/short.pem: OpenSSL refuses the certificate and key');
  });
});

const TOO_SHORT = 'req -x509 -newkey rsa:512 -noenc -subj /CN=short -days 30';

describe('config check of a file that cannot be used', () => {
  it('exits with 1 and lists every problem', async () => {
    using directory = new ConfigDirectory();
    const file = directory.configure(INLINE_SECRET, [['stateDir'], undefined], [['proxy', 'prot'], 1]);
    expect(await check(directory, file)).toEqual({
      code: 1,
      text: `<directory>/portcullis.yaml: not usable
  <directory>/portcullis.yaml:4: proxy.prot is not a known field; expected one of host, port, reusePort, tls, dangerPlainHttp, fleetSize, limits, deadlines; did you mean port?
  <directory>/portcullis.yaml:1: stateDir is missing; expected the path of a file
`,
    });
  });

  it('gives the same to a program', async () => {
    using directory = new ConfigDirectory();
    const { code, text } = await check(directory, `${directory.path}/none.yaml`, true);
    expect(code).toBe(1);
    expect(JSON.parse(text)).toEqual({
      ok: false,
      file: '<directory>/none.yaml',
      code: 'unreadable',
      problems: [
        {
          path: '(the whole file)',
          found: 'does not exist',
          expected: 'a configuration file',
          remedy: 'give its path',
        },
      ],
    });
  });

  it('X-60: exits with 1 when the key does not belong to the certificate', async () => {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', `${pem.leaf}${pem.issuer}`);
    directory.write('key.pem', pem.strangerKey);
    const { code, text } = await check(
      directory,
      directory.configure(INLINE_SECRET, TLS),
      false,
      pem.notBeforeMs,
    );
    expect(code).toBe(1);
    expect(text).toContain('<directory>/portcullis.yaml: not usable\n');
    expect(text).toContain(
      'problems\n  X-60 the key in <directory>/key.pem does not belong to the first certificate',
    );
  });

  it('does not hide other faults', async () => {
    using directory = new ConfigDirectory();
    const out = {
      write: (): void => {
        throw new Error('the pipe is closed');
      },
    };
    const file = directory.configure(INLINE_SECRET);
    await expect(runConfigCheck(file, { json: false, out })).rejects.toThrow('the pipe is closed');
  });
});
