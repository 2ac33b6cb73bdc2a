/** The section of the KMS engine: what it becomes, and what is refused. */
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { type Change, ConfigDirectory, OTHER_SECRET, type Refusal, SPARE } from './config-directory.ts';

const CREDENTIAL = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: { env: 'OTHER_SECRET' },
  account: '111122223333',
};
const ENGINE = { token: 'spare', store: { sqlite: 'kms.db' }, access: { credentials: [CREDENTIAL] } };
const WITH_SPARE: Change = [['tokens', 1], SPARE];
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
    title: 'an engine that is open to everybody on the token of a key store',
    changes: [[['kms'], { token: 'soft', store: { sqlite: 'kms.db' }, access: { mode: 'open' } }]],
    problems: [
      'kms.token is soft, which keyStores[0] uses too, and the engine is open to everybody; expected a token of its own, or access.mode verify; give the engine another token',
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
];

describe('refused', () => {
  test.for(REFUSALS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();

    expect(directory.problems(...changes)).toEqual(problems);
  });

  it('not: open access that the operator means', () => {
    using directory = new ConfigDirectory();
    const access = { mode: 'open', dangerOpenToNetwork: true };

    expect(directory.problems([['kms'], { ...SOFTWARE, host: '0.0.0.0', access }])).toEqual([]);
  });
});
