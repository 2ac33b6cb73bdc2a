/** Devices: profiles by name and by file, and what they say of a token's settings. */
import { chmodSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { generic } from '../../../src/hsm/devices/generic.ts';
import { yubihsm2 } from '../../../src/hsm/devices/yubihsm2.ts';
import { type Change, ConfigDirectory } from './config-directory.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILE: Change = [['tokens', 0, 'device'], { file: 'site.yaml' }];
const YUBIHSM: readonly Change[] = [
  [['tokens', 0, 'device'], 'yubihsm2'],
  [['tokens', 0, 'libraryParameters'], 'connector=http://127.0.0.1:12345'],
  [['tokens', 0, 'pin'], { file: 'auth-key' }],
];

/** The profile that a file of the site makes. */
function profileFrom(text: string) {
  using directory = new ConfigDirectory();
  directory.write('site.yaml', text);
  return directory.load(FILE).tokens[0];
}

/** What is wrong with a file of the site. */
function problemsOf(text: string, mode?: number): string[] {
  using directory = new ConfigDirectory();
  directory.write('site.yaml', text, mode);
  return directory.problems(FILE);
}

describe('a device by name', () => {
  it('has the profile of that name', () => {
    using directory = new ConfigDirectory();
    directory.write('auth-key', '0001password\n');
    const [token] = directory.load(...YUBIHSM).tokens;
    expect(token).toMatchObject({ device: 'yubihsm2', profile: yubihsm2 });
  });

  it('that is misspelt is told the right one', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['tokens', 0, 'device'], 'yubihsm'])).toEqual([
      'tokens[0].device is "yubihsm"; expected one of softhsm2, yubihsm2, nitrokey-hsm2-opensc, nitrokey-hsm2-cardcontact, nethsm, nss, opencryptoki, generic, or { file: <path> }; did you mean yubihsm2?',
    ]);
  });
});

describe('a device by file', () => {
  it('differs from the profile that it extends in what the file says, and in nothing else', () => {
    const token = profileFrom(
      'extends: generic\nhangMs: { crypto: 400 }\nmaxHosts: 2\ntagFailureCodes: [0x40]\n',
    );
    expect(token?.device).toMatch(/^generic as changed by \/.*\/site\.yaml$/);
    expect(token?.profile).toEqual({
      ...generic,
      hangMs: { crypto: 400, metadata: 15_000, login: 20_000, keyGeneration: 120_000 },
      maxHosts: 2,
      tagFailureCodes: [64],
    });
  });

  it('takes every field that the schema has', () => {
    const token = profileFrom(`extends: softhsm2
pin: { pattern: '[0-9]{6}', expected: a PIN of 6 digits }
defaultScheme: cmac
maxSessions: 4
fastWindow: 1
maxHosts: 1
hangMs: { crypto: 100, metadata: 200, login: 300, keyGeneration: 400 }
longestRestartMs: 200
farewell: [C_Finalize]
tagFailureCodes: [1]
hostEndingCodes: [0xb3]
canaryDistanceMs: 7
maxLabelBytes: 40
maxIdBytes: 20
newIdBytes: 8
sessionKeys: false
maxDataBytes: 512
unlistedMechanisms: [0x108a]
`);
    expect(token?.profile).toMatchObject({
      name: 'softhsm2',
      pin: { pattern: '[0-9]{6}', expected: 'a PIN of 6 digits' },
      defaultScheme: 'cmac',
      maxSessions: 4,
      fastWindow: 1,
      maxHosts: 1,
      hangMs: { crypto: 100, metadata: 200, login: 300, keyGeneration: 400 },
      longestRestartMs: 200,
      farewell: ['C_Finalize'],
      tagFailureCodes: [1],
      hostEndingCodes: [0xb3],
      canaryDistanceMs: 7,
      maxLabelBytes: 40,
      maxIdBytes: 20,
      newIdBytes: 8,
      sessionKeys: false,
      maxDataBytes: 512,
      unlistedMechanisms: [0x108a],
    });
  });

  it('is part of the configuration: a change of the file is one of it', () => {
    using directory = new ConfigDirectory();
    directory.write('site.yaml', 'extends: softhsm2\n');
    expect(directory.load(FILE).sources).toContain(join(directory.path, 'site.yaml'));
  });

  test.for([
    {
      what: 'no base',
      text: 'maxHosts: 2\n',
      problem:
        'names <directory>/site.yaml:1, whose extends is missing; expected one of softhsm2, yubihsm2, nitrokey-hsm2-opensc, nitrokey-hsm2-cardcontact, nethsm, nss, opencryptoki, generic',
    },
    {
      what: 'a misspelt field',
      text: 'extends: nss\nmaxHost: 2\n',
      problem: 'names <directory>/site.yaml:2, whose maxHost is not a known field; expected one of ',
      remedy: 'did you mean maxHosts?',
    },
    {
      what: 'a value out of range',
      text: 'extends: nss\nhangMs:\n  crypto: 1\n',
      problem:
        'names <directory>/site.yaml:3, whose hangMs.crypto is 1; expected a whole number from 100 to 600000',
    },
    {
      what: 'a pattern that is none',
      text: "extends: nss\npin: { pattern: '[', expected: x }\n",
      problem: 'names <directory>/site.yaml:2, whose pin.pattern is "["; expected a regular expression',
    },
    {
      what: 'a list instead of a mapping',
      text: '[]\n',
      problem:
        'names <directory>/site.yaml:1, which is a list of 0 entries; expected a mapping with the fields ',
    },
    {
      what: 'a mistake in its YAML',
      text: 'extends: nss: 1\n',
      problem:
        'names <directory>/site.yaml:1, which has a second colon on one line here; expected YAML 1.2; put a text',
    },
    {
      what: 'bytes that are no text',
      text: '\u{fffd}',
      bytes: Uint8Array.of(0xff),
      problem: 'names a file that is not UTF-8 text (<directory>/site.yaml); expected a profile of the site',
    },
  ])('is refused for $what', ({ text, bytes, problem, remedy = '' }) => {
    using directory = new ConfigDirectory();
    directory.write('site.yaml', text);
    if (bytes !== undefined) directory.writeBytes('site.yaml', bytes);
    const [found = '', ...others] = directory.problems(FILE);
    expect(others).toEqual([]);
    expect(found).toContain(`tokens[0].device.file ${problem}`);
    expect(found).toContain(remedy);
  });

  it('is refused when it is not there, or may be changed by others', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems(FILE)).toEqual([
      'tokens[0].device.file names a file that does not exist (<directory>/site.yaml); expected a profile of the site; relative paths start at the directory of this file',
    ]);
    expect(problemsOf('extends: softhsm2\n', 0o602)).toEqual([
      'tokens[0].device.file names a file that can be changed by everybody (mode 0602); expected a profile of the site; chmod go-w it',
    ]);
  });

  it('is warned of in a directory in which everybody may replace it', () => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'open'));
    directory.write('open/site.yaml', 'extends: softhsm2\n');
    chmodSync(join(directory.path, 'open'), 0o777);
    expect(directory.load([['tokens', 0, 'device'], { file: 'open/site.yaml' }]).warnings).toEqual([
      'tokens[0].device.file: lies in a directory in which everybody may replace it',
    ]);
  });

  it('has an example that is valid', () => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'devices'));
    cpSync(join(ROOT, 'config/devices'), join(directory.path, 'devices'), { recursive: true });
    directory.write('auth-key', '0001password\n');
    const file = 'devices/yubihsm2-far-connector.yaml';
    const [token] = directory.load(...YUBIHSM, [['tokens', 0, 'device'], { file }]).tokens;
    expect(token?.profile).toMatchObject({ name: 'yubihsm2', maxHosts: 2, hangMs: { crypto: 20_000 } });
    expect(readFileSync(join(ROOT, 'config', file), 'utf8')).toContain('$schema=../device.schema.json');
  });
});

describe('what a profile refuses', () => {
  it('a PIN of another form, without quoting it', () => {
    using directory = new ConfigDirectory();
    directory.write('auth-key', 'password-0001\n');
    expect(directory.problems(...YUBIHSM)).toEqual([
      'tokens[0].pin is a PIN of another form than that of yubihsm2; expected the id of an authentication key in 4 hex digits, then its password of 8 to 64 bytes; put the right one into place; this one is never sent',
    ]);
  });

  it('more token hosts than make sense', () => {
    using directory = new ConfigDirectory();
    directory.write('auth-key', '0001password\n');
    expect(directory.problems(...YUBIHSM, [['tokens', 0, 'hosts'], 2])).toEqual([
      'tokens[0].hosts is 2; expected at most 1 for yubihsm2; lower it',
    ]);
  });

  it('parameters that the module refuses, and their absence where it must have them', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['tokens', 0, 'libraryParameters'], 'x'])).toEqual([
      'tokens[0].libraryParameters is given, and the module of softhsm2 refuses it; expected no such field; remove it',
    ]);
    expect(directory.problems([['tokens', 0, 'device'], 'nss'])).toEqual([
      `tokens[0].libraryParameters is missing; expected the parameters of nss; add it, for example "configdir='sql:/srv/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags="`,
    ]);
  });

  it('names of keys that the device cannot hold, behind key stores and for health', () => {
    using directory = new ConfigDirectory();
    directory.write('passphrase', 'operator password\n');
    const long = 'ä'.repeat(65);
    const problems = directory.problems(
      [['tokens', 0, 'device'], 'nethsm'],
      [['tokens', 0, 'pin'], { file: 'passphrase' }],
      [['tokens', 0, 'healthKey'], { label: 'health', id: '0a'.repeat(129) }],
      [['keyStores', 0, 'keys', 'foo'], { token: 'soft', label: long }],
      [['keyStores', 0, 'keys', 'bar'], { token: 'soft', label: 'bar', id: '01' }],
    );
    expect(problems).toEqual([
      'tokens[0].healthKey has an id of 129 bytes; expected at most 128 on nethsm',
      'keyStores[0].keys.foo has a label of 130 bytes; expected at most 128 on nethsm',
    ]);
  });

  it('nothing of a token whose profile is broken: that is reported alone', () => {
    using directory = new ConfigDirectory();
    directory.write('site.yaml', 'extends: abacus\n');
    expect(directory.problems(FILE, [['tokens', 0, 'hosts'], 8])).toHaveLength(1);
  });
});

describe('what a profile warns of', () => {
  it('a module that is told nowhere to find its device', () => {
    using directory = new ConfigDirectory();
    directory.write('auth-key', '0001password\n');
    expect(directory.load(...YUBIHSM, [['tokens', 0, 'libraryParameters'], undefined]).warnings).toEqual([
      'tokens[0]: the module of yubihsm2 gets neither env YUBIHSM_PKCS11_CONF nor libraryParameters, such as "connector=http://127.0.0.1:12345 timeout=5"',
    ]);
    const conf: Change = [['tokens', 0, 'env'], { YUBIHSM_PKCS11_CONF: 'softhsm2.conf' }];
    expect(
      directory.load(...YUBIHSM, [['tokens', 0, 'libraryParameters'], undefined], conf).warnings,
    ).toEqual([]);
  });
});
