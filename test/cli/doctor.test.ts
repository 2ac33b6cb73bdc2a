import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateShop } from '../support/certificates.ts';
import { PREFIX, type ProxySettings, proxyConfig } from '../support/proxy-config.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis, startedProxy } from './run-portcullis.ts';

const ENCRYPT_ONLY = { token: 'soft', label: 'foo', usage: ['ENCRYPT'] };
const OTHER = {
  accessKeyId: 'OTHERAKID234567ABCDE',
  secretAccessKey: Buffer.alloc(36, 'seven').toString('base64'),
};
let token: TestToken;
let proxy: StartedProcess;
let url: string;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01' });
  await token.addAesKey({ label: 'health', id: '0aff' });
  await token.addAesKey({ label: 'short', bits: 128 });
  // Under a name of its own: a running proxy takes up what the tests write into the other file.
  const running = join(token.paths.directory, 'running.yaml');
  await rename(await proxyConfig(token), running);
  proxy = await startedProxy(running);
  url = /"event":"started".*?"proxy":"(http:[^"]+)"/.exec(proxy.stdout)?.[1] ?? '';
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await token[Symbol.asyncDispose]();
});

describe('portcullis doctor', () => {
  it('exits with 0 and lists what it found right, beside a proxy that runs', async () => {
    const result = await doctor({}, '--probe', url);

    expect(result).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      /^ok +configuration: .*portcullis\.yaml is valid/m,
      /^ok +clock: 20\d\d-/m,
      /^ok +token soft: 'portcullis-test', serial \w+, SoftHSM .*: PIN accepted, 3 secret keys$/m,
      /^ok +token soft: does CKM_AES_GCM, for scheme native-gcm$/m,
      /^ok +token soft: health key label=health fits scheme native-gcm$/m,
      /^ok +key foo of \/example\/uri\/path\/prefix: fit to encrypt and decrypt, scheme native-gcm$/m,
      /^ok +probe of \/example\/uri\/path\/prefix: GetHealthStatus says: soft ACTIVE$/m,
      /^ok +probe of \/example\/uri\/path\/prefix: encrypts and decrypts with foo$/m,
      /^no problem, warnings: 0$/m,
    ]) {
      expect(result.stdout).toMatch(line);
    }
  });

  it('says what the device can do for external key stores and each KMS key spec, why not, and the way round', async () => {
    const { stdout } = await doctor({});

    for (const line of [
      /^device of token soft: SoftHSM project SoftHSM v2 .*, profile softhsm2$/m,
      /^EXTERNAL KEY STORE +VERDICT +WHY +WAY ROUND$/m,
      /^native-gcm +can +tried$/m,
      /^cbc-mac +can +tried$/m,
      /^KEY SPEC +ALGORITHM +VERDICT +WHY +WAY ROUND$/m,
      /^SYMMETRIC_DEFAULT +SYMMETRIC_DEFAULT +can +tried$/m,
      /^RSA_2048 RSA_3072 RSA_4096 +RSAES_OAEP_SHA_1 +can +tried with 2048 bits$/m,
      /^RSA_2048 RSA_3072 RSA_4096 +RSAES_OAEP_SHA_256 +can't +C_DecryptInit: CKR_ARGUMENTS_BAD +raw RSA in the token \(CKM_RSA_X_509\), padding in this process$/m,
      /^ECC_NIST_P521 +ECDSA_SHA_512 +can +tried$/m,
      /^ML_DSA_44 ML_DSA_65 ML_DSA_87 +ML_DSA_SHAKE_256 +can't +CKM_ML_DSA is not in the token's list +a seed that the token seals/m,
      /^SM2 +SM2PKE +can't +no mechanism for it is looked for$/m,
      /^note: Its keys lie in files/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  it('tries nothing on a device that might keep the keys for it', async () => {
    const profile = join(token.paths.directory, 'site.yaml');
    await writeFile(profile, 'extends: softhsm2\nsessionKeys: false\n', { mode: 0o600 });
    const { code, stdout } = await doctor({ token: { device: { file: profile } } });

    expect(code).toBe(0);
    const why = 'softhsm2 makes no throw-away keys to try it with';
    expect(stdout).toContain(`ok       token soft: lists CKM_AES_GCM, for scheme native-gcm: ${why}\n`);
    expect(stdout).toMatch(new RegExp(`^ECC_NIST_EDWARDS25519 +ED25519_SHA_512 +listed only +${why}$`, 'm'));
  });

  it('calls it a problem when native AES-GCM cannot carry what AWS KMS may send', async () => {
    const profile = join(token.paths.directory, 'site.yaml');
    await writeFile(profile, 'extends: softhsm2\nmaxDataBytes: 992\n', { mode: 0o600 });
    const { code, stdout } = await doctor({ token: { device: { file: profile } } });

    expect(code).toBe(1);
    expect(stdout).toContain(
      'problem  token soft: cannot do CKM_AES_GCM, which scheme native-gcm needs: one call takes 992 bytes, and one of AWS KMS may need 12531; make keys of scheme hmac, from which the token derives one for each message\n',
    );
  });

  it('gives the same to a program, without secrets', async () => {
    const { stdout } = await doctor({}, '--json');

    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      findings: expect.arrayContaining([
        {
          subject: `key foo of ${PREFIX}`,
          severity: 'ok',
          text: 'fit to encrypt and decrypt, scheme native-gcm',
        },
      ]),
      devices: [
        {
          token: 'soft',
          profile: 'softhsm2',
          xks: expect.arrayContaining([{ scheme: 'hmac', verdict: 'can', why: 'tried', wayRound: '' }]),
          kms: expect.arrayContaining([
            {
              keySpec: 'RSA_3072',
              algorithm: 'RSAES_OAEP_SHA_256',
              verdict: 'cannot',
              why: 'C_DecryptInit: CKR_ARGUMENTS_BAD',
              wayRound: 'raw RSA in the token (CKM_RSA_X_509), padding in this process',
            },
          ]),
        },
      ],
    });
    expect(stdout).not.toContain(token.pin);
  });

  it.for<{ what: string; settings: ProxySettings; says: string }>([
    {
      what: 'a file that is refused',
      settings: { keyStore: { regions: [] } },
      says: 'configuration: .*keyStores\\[0\\]\\.regions',
    },
    {
      what: 'a key that is unfit',
      settings: { keys: { short: { token: 'soft', label: 'short' } } },
      says: 'key short of /example/uri/path/prefix: refused: it has 128 bits',
    },
    {
      what: 'a key that is missing',
      settings: { keys: { gone: { token: 'soft', label: 'gone' } } },
      says: 'key gone of /example/uri/path/prefix: refused: .*not-found: no secret key with label=gone',
    },
    {
      what: 'a key that does not fit its scheme',
      settings: { keys: { foo: { token: 'soft', label: 'foo', scheme: 'cmac' } } },
      says: 'key foo of /example/uri/path/prefix: refused: a key of scheme cmac must (not )?have CKA_',
    },
    {
      what: 'a health key that does not fit its scheme',
      settings: { token: { healthKey: { label: 'health', scheme: 'hmac' } } },
      says: 'token soft: health key label=health is unfit: it is neither a generic secret nor',
    },
    {
      what: 'a health key that is missing',
      settings: { token: { healthKey: 'gone' } },
      says: 'token soft: health key label=gone: no secret key .*; make one with keys create',
    },
    {
      what: 'a token that is missing',
      settings: { token: { token: { label: 'gone' } } },
      says: 'token soft: unavailable: no token labelled "gone"',
    },
  ])('exits with 1 on $what', async ({ settings, says }) => {
    const result = await doctor(settings);

    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(result.stdout).toMatch(new RegExp(`^problem +${says}`, 'm'));
    expect(result.stdout).toMatch(/^problems: \d, warnings: \d$/m);
  });

  it('sends a wrong PIN once, and not again', async () => {
    const pinFile = join(token.paths.directory, 'wrong-pin');
    await writeFile(pinFile, 'not-the-pin\n', { mode: 0o600 });
    const first = await doctor({ token: { pin: { file: pinFile } } });
    const second = await doctor({ token: { pin: { file: pinFile } } });

    expect(first.stdout).toMatch(/^problem +token soft: pin-locked/m);
    expect(second.stdout).toMatch(/^problem +token soft: pin-locked: .*is not tried again/m);
  });
});

describe('portcullis doctor --probe', () => {
  it.for<{ what: string; settings: ProxySettings; line: string }>([
    {
      what: 'another credential than the proxy knows',
      settings: { keyStore: { credentials: [OTHER] } },
      line: 'problem +probe of /example/uri/path/prefix: GetHealthStatus was answered with 401 AuthenticationFailedException',
    },
    {
      what: 'a prefix that is not served',
      settings: { keyStore: { pathPrefix: '/two' } },
      line: 'problem +probe of /two: GetHealthStatus was answered with 404 InvalidUriPathException',
    },
  ])('exits with 1 on $what', async ({ settings, line }) => {
    const result = await doctor(settings, '--probe', url);

    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(new RegExp(`^${line}`, 'm'));
  });

  it('warns where no key can be tried, and where the address is not known', async () => {
    const oneWay = await doctor({ keys: { foo: ENCRYPT_ONLY } }, '--probe', url);
    const noAddress = await doctor({}, '--probe');

    expect(oneWay.code).toBe(0);
    expect(oneWay.stdout).toMatch(/^warning +probe of .*: no key to encrypt and decrypt with$/m);
    expect(noAddress.code).toBe(0);
    expect(noAddress.stdout).toMatch(/^warning +probe: not made: port 0 tells no address/m);
  });

  it('calls a TLS listener at its own address, whatever its name, and none that asks for a certificate', async () => {
    using shop = new CertificateShop();
    const { certFile, keyFile } = shop.issue({ cn: 'xks.example.com', dns: ['xks.example.com'] });
    const settings = { proxy: { port: await freePort(), tls: { certFile, keyFile } } };
    await using _ = await startedProxy(await proxyConfig(token, settings));
    const served = await doctor(settings, '--probe');
    const mutual = { clientCaFile: shop.root.certFile, clientSubjects: ['cks.kms.us-east-1.amazonaws.com'] };
    const asking = await doctor(
      { proxy: { ...settings.proxy, tls: { certFile, keyFile, ...mutual } } },
      '--probe',
    );

    expect(served.stdout).toMatch(
      /^ok +probe of \/example\/uri\/path\/prefix: encrypts and decrypts with foo$/m,
    );
    expect(served.stdout).toMatch(/^warning +X-60: .*send the full chain/m);
    expect(asking.stdout).toMatch(/^warning +probe: not made: the proxy asks for a client certificate/m);
  });

  it('calls a listener that asks for a client certificate with the one it is given', async () => {
    using shop = new CertificateShop();
    const { certFile, keyFile } = shop.issue({ cn: 'xks.example.com', dns: ['xks.example.com'] });
    const client = shop.issue({ cn: 'doctor.example.com', dns: ['doctor.example.com'] });
    const mutual = { clientCaFile: shop.root.certFile, clientSubjects: ['doctor.example.com'] };
    const settings = { proxy: { port: await freePort(), tls: { certFile, keyFile, ...mutual } } };
    await using _ = await startedProxy(await proxyConfig(token, settings));
    const shown = ['--client-cert', client.certFile, '--client-key', client.keyFile];
    const served = await doctor(settings, '--probe', ...shown);
    const halved = await doctor(settings, '--probe', '--client-cert', client.certFile);
    const missing = await doctor(settings, '--probe', '--client-cert', '/nowhere', '--client-key', keyFile);

    expect(served.stdout).toMatch(
      /^ok +probe of \/example\/uri\/path\/prefix: encrypts and decrypts with foo$/m,
    );
    expect(halved).toMatchObject({ code: 2, stdout: '' });
    expect(halved.stderr).toContain('--client-cert and --client-key go together, and with --probe');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('/nowhere cannot be read (ENOENT)');
  });

  it('says that nothing can be called, and what a URL is', async () => {
    const away = await doctor({}, '--probe', 'http://127.0.0.1:1');
    const noUrl = await doctor({}, '--probe', 'localhost');

    expect(away.code).toBe(1);
    expect(away.stdout).toMatch(/^problem +probe of .*: http:\/\/127\.0\.0\.1:1 cannot be called: /m);
    expect(noUrl.code).toBe(2);
    expect(noUrl.stderr).toContain("--probe takes an http:// or https:// URL, not 'localhost'");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function doctor(settings: ProxySettings, ...args: string[]): ReturnType<typeof portcullis> {
  return portcullis('doctor', '--config', await proxyConfig(token, settings), ...args);
}
