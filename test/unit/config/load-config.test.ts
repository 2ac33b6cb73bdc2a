import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { softhsm2 } from '../../../src/hsm/devices/softhsm2.ts';
import { ConfigDirectory, OTHER_SECRET, SECRET } from './config-directory.ts';

describe('a small configuration', () => {
  it('is filled up with defaults, absolute paths and domain objects', () => {
    using directory = new ConfigDirectory();
    const config = directory.load();
    const at = (name: string): string => join(directory.path, name);
    expect(config).toEqual({
      file: at('portcullis.yaml'),
      proxy: {
        host: '127.0.0.1',
        port: 8080,
        reusePort: false,
        fleetSize: 1,
        limits: {
          bodyBytes: 65_536,
          headersTimeoutMs: 5_000,
          bodyTimeoutMs: 5_000,
          keepAliveTimeoutMs: 360_000,
          maxConnections: 2_000,
          drainGraceMs: 5_000,
        },
        tokenDeadlineMs: 150,
        replyDeadlineMs: 180,
      },
      stateDir: at('state'),
      sources: [at('portcullis.yaml'), at('pin')],
      log: { level: 'info' },
      invocations: { fleetShare: 1, refuse: false },
      tokens: [
        {
          name: 'soft',
          device: 'softhsm2',
          profile: softhsm2,
          module: at('module.so'),
          env: { SOFTHSM2_CONF: at('softhsm2.conf') },
          token: { label: 'portcullis' },
          pin: config.tokens[0]?.pin,
          healthKey: { label: 'health', scheme: 'native-gcm' },
          hosts: 1,
        },
      ],
      keyStores: [
        {
          pathPrefix: '/one',
          tenant: 1,
          status: 'ENABLED',
          regions: ['eu-west-1'],
          credentials: [
            {
              accessKeyId: 'AAAAAAAAAAAAAAAAAAAA',
              secretAccessKey: config.keyStores[0]?.credentials[0]?.secretAccessKey,
            },
          ],
          aadMode: 'spec',
          keys: new Map([
            [
              'foo',
              {
                externalKeyId: 'foo',
                key: { token: 'soft', selector: { label: 'foo' } },
                scheme: 'native-gcm',
                status: 'ENABLED',
                usages: new Set(['ENCRYPT', 'DECRYPT']),
                generation: 0,
                allowExtractable: false,
                shared: false,
              },
            ],
          ]),
          policy: { default: 'ALLOW', statements: [] },
        },
      ],
      warnings: [],
    });
  });

  it('has its secrets fetched', () => {
    using directory = new ConfigDirectory();
    const config = directory.load();
    expect(config.tokens[0]?.pin.reveal()).toBe('123456');
    expect(config.keyStores[0]?.credentials[0]?.secretAccessKey.reveal()).toBe(SECRET);
  });
});

describe('a full configuration', () => {
  it('gives listeners with TLS, metrics and control', () => {
    using directory = new ConfigDirectory();
    const at = (name: string): string => join(directory.path, name);
    for (const name of ['chain.pem', 'key.pem', 'ca.pem']) directory.write(name, 'PEM');
    const subjects = ['cks.kms.eu-west-1.amazonaws.com'];
    const tls = {
      certFile: 'chain.pem',
      keyFile: 'key.pem',
      clientCaFile: 'ca.pem',
      clientSubjects: subjects,
    };
    const config = directory.load(
      [['proxy'], { host: '::', port: 443, tls, fleetSize: 3, deadlines: { tokenMs: 100, replyMs: 120 } }],
      [['metrics'], {}],
      [['control'], { socket: 'c.sock' }],
      [['log'], { level: 'debug' }],
    );
    expect(config.proxy).toMatchObject({
      host: '::',
      port: 443,
      tls: {
        certFile: at('chain.pem'),
        keyFile: at('key.pem'),
        clientCaFile: at('ca.pem'),
        clientSubjects: ['cks.kms.eu-west-1.amazonaws.com'],
      },
      fleetSize: 3,
      tokenDeadlineMs: 100,
      replyDeadlineMs: 120,
    });
    expect(config.metrics).toEqual({ host: '127.0.0.1', port: 9090 });
    expect(config.control).toEqual({ socketPath: at('c.sock') });
    expect(config.log).toEqual({ level: 'debug' });
    expect(config.invocations).toEqual({ fleetShare: 1 / 3, refuse: false });
  });

  it('X-11: gives each path prefix a fair-share class of its own, 0 being that of health checks', () => {
    using directory = new ConfigDirectory();
    const store = {
      pathPrefix: '',
      status: 'DISABLED',
      regions: ['us-east-1', 'us-gov-west-1'],
      credentials: [{ accessKeyId: 'BBBBBBBBBBBBBBBBBBBB', secretAccessKey: { env: 'OTHER_SECRET' } }],
      aadMode: 'sha256',
      legacyMetadata: 'AQID',
      quota: { perSecond: 100 },
      policy: {
        default: 'deny',
        statements: [{ sid: 's', effect: 'allow', accounts: ['012345678901'] }],
      },
      keys: { bar: { token: 'soft', label: 'bar' } },
    };
    const [first, second] = directory.load([['keyStores', 1], store]).keyStores;
    expect(first?.tenant).toBe(1);
    expect(second).toMatchObject({
      pathPrefix: '',
      tenant: 2,
      status: 'DISABLED',
      regions: ['us-east-1', 'us-gov-west-1'],
      aadMode: 'sha256',
      legacyMetadata: Uint8Array.of(1, 2, 3),
      quota: { perSecond: 100, burst: 100 },
      policy: { default: 'DENY', statements: [{ sid: 's', effect: 'ALLOW', accounts: ['012345678901'] }] },
    });
  });

  it('knows of a credential when it was made, and when its secret file was written', () => {
    using directory = new ConfigDirectory();
    const file = directory.write('secret', OTHER_SECRET);
    utimesSync(file, 0, Date.parse('2026-01-02T03:04:05Z') / 1000);
    const credentials = [
      {
        accessKeyId: 'AAAAAAAAAAAAAAAAAAAA',
        secretAccessKey: { env: 'XKS_SECRET' },
        createdAt: '2026-02-03',
      },
      { accessKeyId: 'BBBBBBBBBBBBBBBBBBBB', secretAccessKey: { file: 'secret' } },
    ];
    const [store] = directory.load([['keyStores', 0, 'credentials'], credentials]).keyStores;
    expect(store?.credentials.map(({ createdMs, writtenMs }) => ({ createdMs, writtenMs }))).toEqual([
      { createdMs: Date.parse('2026-02-03T00:00:00Z'), writtenMs: undefined },
      { createdMs: undefined, writtenMs: Date.parse('2026-01-02T03:04:05Z') },
    ]);
  });

  it('mistake 14: X-66: accepts two credential sets for one prefix, with a secret from a file and one from the environment', () => {
    using directory = new ConfigDirectory();
    directory.write('secret', `${OTHER_SECRET}\r\n`);
    const next = { accessKeyId: 'BBBBBBBBBBBBBBBBBBBB', secretAccessKey: { file: 'secret' } };
    const [store] = directory.load([['keyStores', 0, 'credentials', 1], next]).keyStores;
    expect(store?.credentials.map((each) => each.secretAccessKey.reveal())).toEqual([SECRET, OTHER_SECRET]);
  });

  it('X-66: reads a changed file anew', () => {
    using directory = new ConfigDirectory();
    expect(directory.load().keyStores[0]?.status).toBe('ENABLED');
    expect(directory.load([['keyStores', 0, 'status'], 'DISABLED']).keyStores[0]?.status).toBe('DISABLED');
  });

  it('X-65: accepts the same pair behind two prefixes', () => {
    using directory = new ConfigDirectory();
    const store = {
      pathPrefix: '/two',
      regions: ['eu-west-1'],
      credentials: [{ accessKeyId: 'AAAAAAAAAAAAAAAAAAAA', secretAccessKey: { env: 'XKS_SECRET' } }],
      keys: { bar: { token: 'soft', label: 'bar' } },
    };
    expect(directory.load([['keyStores', 1], store]).keyStores).toHaveLength(2);
  });
});

describe('a key entry', () => {
  test.for([
    { key: { label: 'a' }, selector: { label: 'a' } },
    { key: { id: '0A1B' }, selector: { idHex: '0a1b' } },
    { key: { label: 'a', id: '0a' }, selector: { label: 'a', idHex: '0a' } },
    { key: { uri: 'pkcs11:object=a%20b' }, selector: { label: 'a b' } },
    { key: { uri: 'pkcs11:id=%0a%1B;type=secret-key' }, selector: { idHex: '0a1b' } },
    { key: { uri: 'pkcs11:token=portcullis;object=a;id=z' }, selector: { label: 'a', idHex: '7a' } },
  ])('X-09: $key selects $selector', ({ key, selector }) => {
    using directory = new ConfigDirectory();
    const [store] = directory.load([['keyStores', 0, 'keys', 'foo'], { token: 'soft', ...key }]).keyStores;
    expect(store?.keys.get('foo')?.key).toEqual({ token: 'soft', selector });
  });

  it('can be narrowed, pinned, disabled, shared and of a later generation', () => {
    using directory = new ConfigDirectory();
    const settings = {
      status: 'DISABLED',
      usage: ['DECRYPT'],
      generation: 65_535,
      kcv: 'A1B2C3',
      allowExtractable: true,
      shared: true,
    };
    const [store] = directory.load([
      ['keyStores', 0, 'keys', 'foo'],
      { token: 'soft', label: 'a', ...settings },
    ]).keyStores;
    expect(store?.keys.get('foo')).toMatchObject({
      status: 'DISABLED',
      usages: new Set(['DECRYPT']),
      generation: 65_535,
      kcvHex: 'a1b2c3',
      allowExtractable: true,
      shared: true,
    });
  });

  it('may select the object of another one when both say shared', () => {
    using directory = new ConfigDirectory();
    const shared = { token: 'soft', label: 'a', shared: true };
    expect(directory.problems([['keyStores', 0, 'keys'], { one: shared, two: shared }])).toEqual([]);
  });

  it('may share its label when the ids differ', () => {
    using directory = new ConfigDirectory();
    const keys = {
      one: { token: 'soft', label: 'a', id: '01' },
      two: { token: 'soft', label: 'a', id: '02' },
    };
    expect(directory.problems([['keyStores', 0, 'keys'], keys])).toEqual([]);
  });

  it('may have an external key id of every allowed character, 128 long', () => {
    using directory = new ConfigDirectory();
    const id = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'.padEnd(128, 'x');
    const [store] = directory.load([
      ['keyStores', 0, 'keys'],
      { [id]: { token: 'soft', label: 'a' } },
    ]).keyStores;
    expect([...(store?.keys.keys() ?? [])]).toEqual([id]);
  });
});

describe('a health key', () => {
  test.for([
    { healthKey: 'h', selector: { label: 'h' } },
    { healthKey: { label: 'h' }, selector: { label: 'h' } },
    { healthKey: { id: '0A' }, selector: { idHex: '0a' } },
    { healthKey: { label: 'h', id: '0a' }, selector: { label: 'h', idHex: '0a' } },
  ])('X-41: $healthKey selects $selector', ({ healthKey, selector }) => {
    using directory = new ConfigDirectory();
    expect(directory.load([['tokens', 0, 'healthKey'], healthKey]).tokens[0]?.healthKey).toEqual({
      ...selector,
      scheme: 'native-gcm',
    });
  });
});

describe('the scheme of a key', () => {
  test.for([
    { entry: {}, scheme: 'native-gcm' },
    { entry: { scheme: 'native-gcm' }, scheme: 'native-gcm' },
    { entry: { scheme: 'hmac' }, scheme: 'hmac' },
    { entry: { scheme: 'cmac' }, scheme: 'cmac' },
    { entry: { scheme: 'cbc-mac' }, scheme: 'cbc-mac' },
  ])('is of $entry on SoftHSM2 $scheme', ({ entry, scheme }) => {
    using directory = new ConfigDirectory();
    const config = directory.load([
      ['keyStores', 0, 'keys', 'foo'],
      { token: 'soft', label: 'foo', ...entry },
    ]);
    expect(config.keyStores[0]?.keys.get('foo')?.scheme).toBe(scheme);
    const [token] = directory.load([['tokens', 0, 'healthKey'], { label: 'health', ...entry }]).tokens;
    expect(token?.healthKey).toEqual({ label: 'health', scheme });
  });
});

describe('paths', () => {
  it.for(['SOFTHSM2_CONF', 'YUBIHSM_PKCS11_CONF', 'OPENSC_CONF', 'P11NETHSM_CONFIG_FILE'])(
    'of %s start at the file, and other variables are passed on as they are',
    (variable) => {
      using directory = new ConfigDirectory();
      const env = { [variable]: 'softhsm2.conf', OTHER_CONF: 'other.conf' };
      const [token] = directory.load([['tokens', 0, 'env'], env]).tokens;
      expect(token?.env).toEqual({
        [variable]: join(directory.path, 'softhsm2.conf'),
        OTHER_CONF: 'other.conf',
      });
    },
  );

  it('may be absolute', () => {
    using directory = new ConfigDirectory();
    const module = join(directory.path, 'module.so');
    expect(directory.load([['tokens', 0, 'module'], module]).tokens[0]?.module).toBe(module);
  });
});

describe('warnings', () => {
  test.for([
    {
      changes: [[['proxy', 'deadlines', 'replyMs'], 250] as const],
      warning: 'proxy.deadlines.replyMs: AWS KMS gives up after 250 ms, the network included',
    },
    {
      changes: [
        [['proxy', 'tls'], { certFile: 'pin', keyFile: 'pin' }] as const,
        [['proxy', 'dangerPlainHttp'], true] as const,
      ],
      warning: 'proxy.dangerPlainHttp: has no effect next to tls',
    },
    {
      changes: [
        [
          ['tokens', 1],
          {
            name: 'spare',
            device: 'softhsm2',
            module: './module.so',
            token: { serial: '42' },
            pin: { file: 'pin' },
            healthKey: 'h',
          },
        ] as const,
      ],
      warning: 'tokens[1]: no key uses the token spare',
    },
    {
      changes: [
        [
          ['keyStores', 0, 'keys'],
          {
            a: { token: 'soft', label: 'a', scheme: 'hmac' },
            b: { token: 'soft', label: 'b', scheme: 'cbc-mac' },
            c: { token: 'soft', label: 'c' },
          },
        ] as const,
      ],
      warning:
        'tokens[0].healthKey: proves scheme native-gcm alone, and keys of the token have scheme cbc-mac, hmac',
    },
    {
      changes: [
        [['keyStores', 0, 'keys', 'foo'], { token: 'soft', uri: 'pkcs11:object=a;serial=42' }] as const,
      ],
      warning:
        'keyStores[0].keys.foo.uri: serial is not checked, because the token soft is configured without its serial',
    },
  ])('name their place: $warning', ({ changes, warning }) => {
    using directory = new ConfigDirectory();
    expect(directory.load(...changes).warnings).toEqual([warning]);
  });
});
