/** The section of the KMS engine: what it becomes, and what is refused. */
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { type Change, ConfigDirectory, OTHER_SECRET, type Refusal, SPARE } from './config-directory.ts';

const CREDENTIAL = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: { env: 'OTHER_SECRET' },
  account: '111122223333',
};
const ENGINE = { token: 'spare', store: { sqlite: 'kms.db' }, access: { credentials: [CREDENTIAL] } };
const WITH_SPARE: Change = [['tokens', 1], SPARE];
const ELSEWHERE = { host: 'db.example.com', database: 'kms', user: 'kms' };
const SOFTWARE = { dangerSoftwareKeys: true, store: { dangerMemory: true }, access: { mode: 'open' } };

describe('the KMS engine', () => {
  it('has a listener on loopback, quotas of AWS and absolute paths unless told otherwise', () => {
    using directory = new ConfigDirectory();

    expect(directory.load(WITH_SPARE, [['kms'], ENGINE]).kms).toMatchObject({
      host: '127.0.0.1',
      port: 4599,
      token: 'spare',
      store: { sqlite: join(directory.path, 'kms.db') },
      allowClockControl: false,
      limits: { keys: 100_000, aliasesPerKey: 50, onDemandRotations: 25 },
    });
  });

  it('knows who stands behind an access key', () => {
    using directory = new ConfigDirectory();
    const alice = { ...CREDENTIAL, accessKeyId: 'AKIDALICE', principal: 'user/alice' };
    const { kms } = directory.load(WITH_SPARE, [
      ['kms'],
      { ...ENGINE, access: { credentials: [CREDENTIAL, alice] } },
    ]);

    expect(kms?.access.credentials.map(({ caller }) => caller)).toEqual([
      {
        account: '111122223333',
        principalArn: 'arn:aws:iam::111122223333:root',
        userId: '111122223333',
        accessKeyId: 'AKIDEXAMPLE',
      },
      {
        account: '111122223333',
        principalArn: 'arn:aws:iam::111122223333:user/alice',
        userId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
        accessKeyId: 'AKIDALICE',
      },
    ]);
    expect(kms?.access.credentials[0]?.secret.reveal()).toBe(OTHER_SECRET);
  });

  it('needs neither tokens nor key stores with keys in software', () => {
    using directory = new ConfigDirectory();
    const alone: readonly Change[] = [
      [['tokens'], undefined],
      [['keyStores'], undefined],
      [['kms'], SOFTWARE],
    ];

    expect(directory.load(...alone)).toMatchObject({ tokens: [], keyStores: [], kms: { store: 'memory' } });
  });

  it('is among the files that a change is looked for in', () => {
    using directory = new ConfigDirectory();
    directory.write('seed.yaml', 'keys: []\n');
    directory.write('password', 'of the database\n');
    const postgres = { host: '127.0.0.1', database: 'kms', user: 'kms', password: { file: 'password' } };
    const { sources } = directory.load(WITH_SPARE, [
      ['kms'],
      { ...ENGINE, seed: 'seed.yaml', store: { postgres } },
    ]);

    expect(sources).toContain(join(directory.path, 'seed.yaml'));
    expect(sources).toContain(join(directory.path, 'password'));
  });

  it('tells nobody of events unless told otherwise', () => {
    using directory = new ConfigDirectory();

    expect(directory.load(WITH_SPARE, [['kms'], ENGINE]).kms?.events).toEqual([]);
  });

  it('has sinks for events under names of their own, with absolute paths', () => {
    using directory = new ConfigDirectory();
    const authorization = { env: 'OTHER_SECRET' };
    const events = [
      { file: 'a.jsonl' },
      { http: { url: 'https://example.com/a', authorization } },
      { stdout: true },
      { file: '/var/b.jsonl' },
      { name: 'audit', http: { url: 'http://127.0.0.1:1/', timeoutMs: 100 } },
      { http: { url: 'http://[::1]:1/' } },
      { http: { url: 'http://example.com/', dangerPlaintext: true } },
    ];
    const { kms } = directory.load(WITH_SPARE, [['kms'], { ...ENGINE, events }]);

    expect(kms?.events).toEqual([
      { name: 'file', file: join(directory.path, 'a.jsonl') },
      {
        name: 'http',
        http: { url: 'https://example.com/a', timeoutMs: 5000, authorization: new Secret(OTHER_SECRET) },
      },
      { name: 'stdout', stdout: true },
      { name: 'file-2', file: '/var/b.jsonl' },
      { name: 'audit', http: { url: 'http://127.0.0.1:1/', timeoutMs: 100 } },
      { name: 'http-3', http: { url: 'http://[::1]:1/', timeoutMs: 5000 } },
      { name: 'http-4', http: { url: 'http://example.com/', timeoutMs: 5000 } },
    ]);
  });

  it('may share its port with the other engines of its database', () => {
    using directory = new ConfigDirectory();
    const store = { postgres: { host: '/run/postgresql', database: 'kms', user: 'kms' } };
    const { kms } = directory.load(WITH_SPARE, [['kms'], { ...ENGINE, store, reusePort: true }]);

    expect(kms).toMatchObject({ reusePort: true, store });
  });

  it('counts as a use of its token', () => {
    using directory = new ConfigDirectory();

    expect(directory.load(WITH_SPARE, [['kms'], ENGINE]).warnings).toEqual([]);
  });
});

const REFUSALS: readonly Refusal[] = [
  {
    title: 'open access on an address that others reach',
    changes: [[['kms'], { ...SOFTWARE, host: '0.0.0.0' }]],
    problems: [
      'kms.access.mode is open, and 0.0.0.0 can be reached from other machines; expected verify, or a loopback address; list credentials, listen on 127.0.0.1, or set dangerOpenToNetwork: true if every caller may do everything',
    ],
  },
  {
    title: 'nobody who could call',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, access: {} }]],
    problems: [
      'kms.access.credentials is empty, so nobody could call; expected at least one credential; add one, or set mode: open on a loopback address',
    ],
  },
  {
    title: 'an access key id twice',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, access: { credentials: [CREDENTIAL, CREDENTIAL] } }]],
    problems: [
      'kms.access.credentials[1].accessKeyId is the access key id of credentials[0] again; expected each access key id once; remove one',
    ],
  },
  {
    title: 'no token',
    changes: [[['kms'], { ...ENGINE, token: undefined }]],
    problems: ['kms.token is missing; expected the name of the token that holds the keys; add it'],
  },
  {
    title: 'a token that is not there',
    changes: [[['kms'], { ...ENGINE, token: 'elsewhere' }]],
    problems: ['kms.token is elsewhere, which is no token of this file; expected one of tokens[].name'],
  },
  {
    title: 'a token next to keys in software',
    changes: [WITH_SPARE, [['kms'], { ...SOFTWARE, token: 'spare' }]],
    problems: ['kms.token is given next to dangerSoftwareKeys; expected one of them; remove one'],
  },
  {
    title: 'records in a file that outlive keys in memory',
    changes: [[['kms'], { ...SOFTWARE, store: { sqlite: 'kms.db' } }]],
    problems: [
      'kms.store outlasts dangerSoftwareKeys, so that its keys could not be opened after a restart; expected { dangerMemory: true }; keep the keys in a token, or the records in memory',
    ],
  },
  {
    title: 'a port that several engines share, each with a store of its own',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, reusePort: true }]],
    problems: [
      'kms.reusePort is true, and the store is for one engine alone; expected a PostgreSQL store, which all engines on the port share; set store: { postgres: … }, or reusePort: false',
    ],
  },
  {
    title: 'an engine that is open to everybody on the token of a key store',
    changes: [[['kms'], { token: 'soft', store: { sqlite: 'kms.db' }, access: { mode: 'open' } }]],
    problems: [
      'kms.token is soft, which keyStores[0] uses too, and the engine is open to everybody; expected a token of its own, or access.mode verify; give the engine another token',
    ],
  },
  {
    title: 'a sink of events that is none',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, events: [{ name: 'a' }] }]],
    problems: ['kms.events[0] names no receiver; expected exactly one of file, http and stdout'],
  },
  {
    title: 'a sink of events that is two',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, events: [{ file: 'a', stdout: true }] }]],
    problems: ['kms.events[0] has file and stdout; expected exactly one of file, http and stdout'],
  },
  {
    title: 'two sinks of events of one name',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, events: [{ file: 'a' }, { name: 'file', stdout: true }] }]],
    problems: ['kms.events has two sinks named file; expected each name once; rename one'],
  },
  {
    title: 'events in clear over a network',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, events: [{ http: { url: 'http://example.com/x' } }] }]],
    problems: [
      'kms.events[0].http.url sends events to example.com without TLS; expected an https:// URL; change it, or set dangerPlaintext: true if nobody else is on that network',
    ],
  },
  {
    title: 'a place for events that is no URL',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, events: [{ http: { url: 'https://[' } }] }]],
    problems: ['kms.events[0].http.url is no URL; expected an http:// or https:// URL'],
  },
  {
    title: 'an authorization of two lines',
    changes: [
      WITH_SPARE,
      [
        ['kms'],
        { ...ENGINE, events: [{ http: { url: 'https://example.com', authorization: 'Bearer a\r\nb: c' } }] },
      ],
    ],
    problems: [
      'kms.events[0].http.authorization is a secret of another form; expected the value of a header: 1 to 4096 printable characters on one line',
    ],
  },
  {
    title: 'the port of the proxy',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, port: 8080 }]],
    problems: ['kms.port is 8080, as is proxy.port; expected a port of its own'],
  },
  {
    title: 'nothing to serve',
    changes: [[['keyStores'], undefined]],
    problems: [
      '(the whole file) has neither keyStores nor kms; expected something to serve; add one of them',
    ],
  },
  {
    title: 'records that cross a network in clear',
    changes: [WITH_SPARE, [['kms'], { ...ENGINE, store: { postgres: ELSEWHERE } }]],
    problems: [
      'kms.store.postgres.tls is missing, and db.example.com is another machine; expected TLS to the server; add tls, or set dangerPlaintext: true if nobody else is on that network',
    ],
  },
  {
    title: 'a certificate for the database without its key',
    changes: [
      WITH_SPARE,
      [['kms'], { ...ENGINE, store: { postgres: { ...ELSEWHERE, tls: { certFile: 'pin' } } } }],
    ],
    problems: [
      'kms.store.postgres.tls has one of certFile and keyFile; expected both or none; add the other',
    ],
  },
];

describe('refused', () => {
  test.for(REFUSALS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();

    expect(directory.problems(...changes)).toEqual(problems);
  });

  it('a key for the database that others can read, and certificates for it that others can change', () => {
    using directory = new ConfigDirectory();
    directory.write('ca.pem', 'PEM', 0o606);
    directory.write('engine.pem', 'PEM', 0o602);
    directory.write('engine.key', 'PEM', 0o604);
    const tls = { caFile: 'ca.pem', certFile: 'engine.pem', keyFile: 'engine.key' };
    const store = { postgres: { ...ELSEWHERE, tls } };

    expect(directory.problems(WITH_SPARE, [['kms'], { ...ENGINE, store }])).toEqual([
      'kms.store.postgres.tls.caFile names a file that can be changed by everybody (mode 0606); expected a PEM file of ours alone; chmod go-w it',
      'kms.store.postgres.tls.certFile names a file that can be changed by everybody (mode 0602); expected a PEM file of ours alone; chmod go-w it',
      'kms.store.postgres.tls.keyFile names a file that can be read by everybody (mode 0604); expected a PEM file that only its owner or own group can read; chmod 600 it',
    ]);
  });

  it('not: open access that the operator means', () => {
    using directory = new ConfigDirectory();
    const access = { mode: 'open', dangerOpenToNetwork: true };

    expect(directory.problems([['kms'], { ...SOFTWARE, host: '0.0.0.0', access }])).toEqual([]);
  });
});
