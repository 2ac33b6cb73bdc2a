/** Where secrets come from, who else may read them, and that no message quotes one. */
import { chmodSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it, test, vi } from 'vitest';
import { runConfigCheck } from '../../../src/cli/config-check.ts';
import { readEnvironment } from '../../../src/config/env.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { createLog } from '../../../src/log/log.ts';
import { type Change, ConfigDirectory, faultOf, SECRET, SURROUNDINGS } from './config-directory.ts';

const PIN = ['tokens', 0, 'pin'] as const;
const CANARY = 'canary7f3a91';

/** The line of the log when a reload is refused. */
function logged(error: unknown): string {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  createLog({ level: 'info', stream }).error('config.reload-refused', { error });
  return text;
}

describe('a PIN that cannot be had', () => {
  test.for([
    {
      title: 'a file that does not exist',
      pin: { file: 'no-such-file' },
      problem:
        'tokens[0].pin.file names a file that does not exist; expected a file that holds the secret; relative paths start at the directory of this file',
    },
    {
      title: 'a directory',
      pin: { file: '.' },
      problem:
        'tokens[0].pin.file names a file that is not a regular file; expected a file that holds the secret; relative paths start at the directory of this file',
    },
    {
      title: 'an empty file',
      pin: { file: 'empty' },
      problem: 'tokens[0].pin.file names an empty file; expected a file that holds the secret',
    },
    {
      title: 'a file with only a line break',
      pin: { file: 'blank' },
      problem: 'tokens[0].pin.file names an empty file; expected a file that holds the secret',
    },
    {
      title: 'a file of two lines',
      pin: { file: 'lines' },
      problem: 'tokens[0].pin is a secret of another form; expected a PIN of 1 to 255 bytes on one line',
    },
    {
      title: 'a file of 256 bytes',
      pin: { file: 'long' },
      problem: 'tokens[0].pin is a secret of another form; expected a PIN of 1 to 255 bytes on one line',
    },
    {
      title: 'a file of more than 4096 bytes',
      pin: { file: 'huge' },
      problem:
        'tokens[0].pin.file names a file that is longer than 4096 bytes; expected a file that holds the secret; relative paths start at the directory of this file',
    },
    {
      title: 'a file that everybody can read',
      pin: { file: 'open' },
      problem:
        'tokens[0].pin.file names a file that can be read by everybody (mode 0604); expected a file that only its owner or own group can read; chmod 600 it',
    },
    {
      title: 'an environment variable that is not set',
      pin: { env: 'NO_SUCH_VARIABLE' },
      problem:
        'tokens[0].pin.env names an environment variable that is not set; expected a variable that holds the secret; set it before the start',
    },
    {
      title: 'an empty environment variable',
      pin: { env: 'EMPTY' },
      problem:
        'tokens[0].pin.env names an environment variable that is empty; expected a variable that holds the secret; set it before the start',
    },
    { title: 'an empty text', pin: '', problem: 'tokens[0].pin is an empty text; expected a secret' },
    {
      title: 'a number',
      pin: 123456,
      problem:
        'tokens[0].pin is a number; expected { file: <path> }, { env: <variable name> }, or a text in quotes; put it in quotes',
    },
    {
      title: 'two sources at once',
      pin: { file: 'pin', env: 'XKS_SECRET' },
      problem:
        'tokens[0].pin is a mapping; expected { file: <path> }, { env: <variable name> }, or a text in quotes',
    },
  ])('is refused: $title', ({ pin, problem }) => {
    using directory = new ConfigDirectory();
    directory.write('empty', '');
    directory.write('blank', '\n');
    directory.write('lines', '1234\n5678\n');
    directory.write('long', 'x'.repeat(256));
    directory.write('huge', 'x'.repeat(4_097));
    directory.write('open', '1234', 0o604);
    expect(directory.problems([PIN, pin])).toEqual([problem]);
  });

  it('is refused: bytes that are not text', () => {
    using directory = new ConfigDirectory();
    directory.writeBytes('pin', Uint8Array.of(0xff, 0xfe));
    expect(directory.problems()).toEqual([
      'tokens[0].pin.file names a file that is not UTF-8 text; expected a file that holds the secret; relative paths start at the directory of this file',
    ]);
  });
});

describe('a variable that every object has', () => {
  test.for(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('%s is not set', (env) => {
    using directory = new ConfigDirectory();
    expect(directory.problems([PIN, { env }])).toEqual([
      'tokens[0].pin.env names an environment variable that is not set; expected a variable that holds the secret; set it before the start',
    ]);
  });

  it('is in no copy of the environment', () => {
    expect(Object.getPrototypeOf(readEnvironment())).toBe(null);
    expect(readEnvironment()['PATH']).toBe(process.env['PATH']);
  });
});

describe('a PIN that can be had', () => {
  test.for([
    { title: 'from a file without a line break', text: '1234', value: '1234' },
    { title: 'from a file with one', text: '1234\n', value: '1234' },
    { title: 'from a file with one of Windows', text: '1234\r\n', value: '1234' },
    { title: 'with blanks around it, which belong to it', text: ' 12 34 \n', value: ' 12 34 ' },
    { title: 'of 255 bytes', text: 'x'.repeat(255), value: 'x'.repeat(255) },
  ])('comes $title', ({ text, value }) => {
    using directory = new ConfigDirectory();
    directory.write('pin', text);
    expect(directory.load().tokens[0]?.pin.reveal()).toBe(value);
  });

  it('comes from a private configuration file itself', () => {
    using directory = new ConfigDirectory();
    expect(directory.load([PIN, '0042']).tokens[0]?.pin.reveal()).toBe('0042');
  });

  it('comes through symbolic links, as Kubernetes mounts secrets', () => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, '..data'));
    directory.write('..data/token-pin', '1234', 0o440);
    symlinkSync('..data/token-pin', join(directory.path, 'token-pin'));
    expect(directory.load([PIN, { file: 'token-pin' }]).tokens[0]?.pin.reveal()).toBe('1234');
  });
});

describe('X-65: a secret access key', () => {
  test.for([
    { title: '42 characters', secret: 'a'.repeat(42) },
    { title: '65 characters', secret: 'a'.repeat(65) },
    { title: 'a character of URL-safe Base64', secret: `${'a'.repeat(43)}-` },
  ])('is refused with $title', ({ secret }) => {
    using directory = new ConfigDirectory();
    const path = ['keyStores', 0, 'credentials', 0, 'secretAccessKey'];
    expect(directory.problems([path, secret])).toEqual([
      'keyStores[0].credentials[0].secretAccessKey is a secret of another form; expected 43 to 64 characters of A-Z a-z 0-9 + / =',
    ]);
  });

  test.for(['a'.repeat(43), `${'+/aA0'.repeat(12)}zz==`])('is accepted as %s', (secret) => {
    using directory = new ConfigDirectory();
    const path = ['keyStores', 0, 'credentials', 0, 'secretAccessKey'];
    const [store] = directory.load([path, secret]).keyStores;
    expect(store?.credentials[0]?.secretAccessKey.reveal()).toBe(secret);
  });
});

describe('file modes', () => {
  const inline: Change = [PIN, '1234'];

  test.for([0o600, 0o400, 0o640, 0o440, 0o660])(
    'a configuration with an inline secret may have mode %o',
    (mode) => {
      using directory = new ConfigDirectory();
      const file = directory.configure(inline);
      chmodSync(file, mode);
      expect(loadConfig(file, SURROUNDINGS).tokens[0]?.pin.reveal()).toBe('1234');
    },
  );

  test.for([
    { mode: 0o644, who: 'everybody (mode 0644)' },
    { mode: 0o606, who: 'everybody (mode 0606)' },
    { mode: 0o601, who: 'everybody (mode 0601)' },
  ])('a configuration with an inline secret may not be open to $who', ({ mode, who }) => {
    using directory = new ConfigDirectory();
    const file = directory.configure(inline);
    chmodSync(file, mode);
    expect(faultOf(file).message).toContain(
      `tokens[0].pin is written in this file, which can be read by ${who}; expected a file that only its owner or own group can read; chmod 600 this file, or use { file: <path> } or { env: <variable name> }`,
    );
  });

  it('a group that is not ours may not read a configuration with an inline secret', () => {
    using directory = new ConfigDirectory();
    const file = directory.configure(inline);
    chmodSync(file, 0o640);
    const { gid } = statSync(file);
    const fault = faultOf(file, { ...SURROUNDINGS, groups: new Set([gid + 1]) });
    expect(fault.message).toContain(`which can be read by group ${gid}, which is not ours (mode 0640)`);
  });

  it('anybody may read a configuration without an inline secret', () => {
    using directory = new ConfigDirectory();
    const file = directory.configure();
    chmodSync(file, 0o644);
    expect(loadConfig(file, SURROUNDINGS).file).toBe(file);
  });

  test.for([
    { mode: 0o646, who: 'everybody (mode 0646)' },
    { mode: 0o622, who: 'everybody (mode 0622)' },
  ])('nobody else may change a configuration, secrets or not: $who', ({ mode, who }) => {
    using directory = new ConfigDirectory();
    const file = directory.configure();
    chmodSync(file, mode);
    expect(faultOf(file).message).toContain(
      `(the whole file) can be changed by ${who}; expected a file that only its owner or own group can write; chmod go-w it`,
    );
  });

  it('a group that is not ours may not change anything, our own may', () => {
    using directory = new ConfigDirectory();
    const file = directory.configure();
    for (const name of ['portcullis.yaml', 'module.so', 'softhsm2.conf'])
      chmodSync(join(directory.path, name), 0o664);
    expect(loadConfig(file, SURROUNDINGS).file).toBe(file);
    const { gid } = statSync(file);
    const fault = faultOf(file, { ...SURROUNDINGS, groups: new Set([gid + 1]) });
    expect(fault.problems.map(({ path, found }) => `${path.join('.')} ${found}`)).toEqual([
      ` can be changed by group ${gid}, which is not ours (mode 0664)`,
      `tokens.0.module names a file that can be changed by group ${gid}, which is not ours (mode 0664)`,
      `tokens.0.env.SOFTHSM2_CONF names a file that can be changed by group ${gid}, which is not ours (mode 0664)`,
    ]);
  });

  test.for(['module.so', 'softhsm2.conf', 'chain.pem', 'ca.pem'])(
    'nobody else may change %s, links resolved',
    (name) => {
      using directory = new ConfigDirectory();
      for (const each of ['chain.pem', 'key.pem', 'ca.pem']) directory.write(each, 'PEM');
      renameSync(join(directory.path, name), join(directory.path, 'real'));
      symlinkSync('real', join(directory.path, name));
      const tls = {
        certFile: 'chain.pem',
        keyFile: 'key.pem',
        clientCaFile: 'ca.pem',
        clientSubjects: ['kms.example.com'],
      };
      expect(directory.problems([['proxy', 'tls'], tls])).toEqual([]);
      chmodSync(join(directory.path, 'real'), 0o606);
      const [problem, ...more] = directory.problems([['proxy', 'tls'], tls]);
      expect(problem).toContain('names a file that can be changed by everybody (mode 0606)');
      expect(problem).toMatch(/; chmod go-w it$/);
      expect(more).toEqual([]);
    },
  );

  it('a file that everybody may replace is warned of, but not in a directory such as /tmp', () => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'open'));
    directory.write('open/module.so', '');
    const withModule: Change = [['tokens', 0, 'module'], 'open/module.so'];
    chmodSync(join(directory.path, 'open'), 0o777);
    expect(directory.load(withModule).warnings).toEqual([
      'tokens[0].module: lies in a directory in which everybody may replace it',
    ]);
    chmodSync(join(directory.path, 'open'), 0o1777);
    expect(directory.load(withModule).warnings).toEqual([]);
  });

  test.for([0o700, 0o750])('the state directory may be there already with mode %o', (mode) => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'state'));
    chmodSync(join(directory.path, 'state'), mode);
    expect(directory.problems()).toEqual([]);
  });

  test.for([0o777, 0o755, 0o701])('the state directory is ours alone: mode %o is refused', (mode) => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'state'));
    chmodSync(join(directory.path, 'state'), mode);
    expect(directory.problems()).toEqual([
      `stateDir names <directory>/state, which is open to everybody (mode 0${mode.toString(8)}); expected a directory of this user alone; chmod 700 and chown it, or name one below it, which will be made`,
    ]);
  });

  it('the state directory is a directory, and belongs to us', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['stateDir'], 'pin'])[0]).toContain('which is not a directory');
    vi.spyOn(process, 'geteuid').mockReturnValue(4711);
    const uid = process.getuid?.();
    mkdirSync(join(directory.path, 'state'));
    expect(directory.problems()[0]).toContain(`which belongs to user ${uid}, not to this one`);
  });

  it('X-60: the key of the certificate may be read by nobody else, the certificate by everybody', () => {
    using directory = new ConfigDirectory();
    directory.write('chain.pem', 'PEM', 0o644);
    directory.write('key.pem', 'PEM', 0o644);
    expect(directory.problems([['proxy', 'tls'], { certFile: 'chain.pem', keyFile: 'key.pem' }])).toEqual([
      'proxy.tls.keyFile names a file that can be read by everybody (mode 0644); expected a PEM file that only its owner or own group can read; chmod 600 it',
    ]);
  });
});

describe('no message quotes a secret', () => {
  const credential = ['keyStores', 0, 'credentials', 0];
  const placements: readonly { readonly title: string; readonly changes: readonly Change[] }[] = [
    { title: 'as a path', changes: [[PIN, { file: CANARY }]] },
    { title: 'as a variable name', changes: [[PIN, { env: CANARY }]] },
    { title: 'as a variable name that is none', changes: [[PIN, { env: `${CANARY}+` }]] },
    { title: 'as a field of a PIN', changes: [[PIN, { [CANARY]: null }]] },
    { title: 'in a list', changes: [[PIN, [CANARY]]] },
    { title: 'with a control character', changes: [[PIN, `${CANARY}\n`]] },
    { title: 'as the access key id', changes: [[[...credential, 'accessKeyId'], CANARY]] },
    {
      title: 'as a secret access key that is too short',
      changes: [[[...credential, 'secretAccessKey'], CANARY]],
    },
    {
      title: 'as a field of a secret access key',
      changes: [[[...credential, 'secretAccessKey'], { [CANARY]: 1 }]],
    },
    { title: 'under a misspelt field', changes: [[[...credential, 'secretAccesKey'], CANARY]] },
    { title: 'in a field name, for want of a space', changes: [[['tokens', 0, `pin:${CANARY}`], null]] },
    { title: 'as a field name beside the PIN', changes: [[['tokens', 0, CANARY], 1]] },
    { title: 'as a field name of digits', changes: [[['tokens', 0, '98765432'], CANARY]] },
    { title: 'as a field of the token identity', changes: [[['tokens', 0, 'token', CANARY], 1]] },
    {
      title: 'in a field name of a credential',
      changes: [[[...credential, `secretAccessKey:${CANARY}`], null]],
    },
    { title: 'as a field name of a credential', changes: [[[...credential, CANARY], null]] },
    { title: 'in a field name of a key store', changes: [[['keyStores', 0, `secret:${CANARY}`], null]] },
    { title: 'in a field name of the file', changes: [[[`pin:${CANARY}`], null]] },
    { title: 'in the name of a variable', changes: [[['tokens', 0, 'env', `PIN:${CANARY}`], 'x']] },
    { title: 'in an external key id', changes: [[['keyStores', 0, 'keys', `pin:${CANARY}`], null]] },
    { title: 'in place of a credential', changes: [[credential, CANARY]] },
    { title: 'in place of the credentials', changes: [[['keyStores', 0, 'credentials'], CANARY]] },
    { title: 'in place of a token', changes: [[['tokens', 0], CANARY]] },
    { title: 'in the environment of a module', changes: [[['tokens', 0, 'env'], { A: [CANARY] }]] },
    {
      title: 'in a URI',
      changes: [
        [['keyStores', 0, 'keys', 'foo'], { token: 'soft', uri: `pkcs11:object=a?pin-value=x;${CANARY}=%` }],
      ],
    },
    {
      title: 'in a URI with another mistake',
      changes: [[['keyStores', 0, 'keys', 'foo'], { token: 'soft', uri: `pkcs11:object=${CANARY}%` }]],
    },
    {
      title: 'with one access key id for two secrets',
      changes: [
        [
          ['keyStores', 0, 'credentials', 1],
          { accessKeyId: 'AAAAAAAAAAAAAAAAAAAA', secretAccessKey: CANARY.repeat(4) },
        ],
      ],
    },
  ];

  test.for(placements)('$title', async ({ changes }) => {
    using directory = new ConfigDirectory();
    const file = directory.configure(...changes);
    const fault = faultOf(file);
    const printed = [fault.message, JSON.stringify(fault), inspect(fault, { depth: 9 }), logged(fault)];
    for (const json of [true, false]) {
      await runConfigCheck(file, { json, out: { write: (text: string) => printed.push(text) } });
    }
    expect(printed.join('\n')).not.toContain(CANARY);
  });

  test.for([
    {
      yaml: 'tokens: [{ name: a, pin:98765432 }]',
      shown: 'tokens[0] has an unknown field (name not shown: it may hold a secret)',
    },
    {
      yaml: 'tokens: [{ name: a, "98765432": x }]',
      shown: 'tokens[0] has an unknown field (name not shown: it may hold a secret)',
    },
    {
      yaml: `keyStores: [{ credentials: [{ accessKeyId: A, secretAccessKey:${SECRET} }] }]`,
      shown: 'keyStores[0].credentials[0] has an unknown field (name not shown: it may hold a secret)',
    },
  ])('$yaml', async ({ yaml, shown }) => {
    using directory = new ConfigDirectory();
    const file = directory.write('c.yaml', yaml);
    const printed = [faultOf(file).message, logged(faultOf(file))];
    await runConfigCheck(file, { json: true, out: { write: (text: string) => printed.push(text) } });
    for (const text of printed) {
      expect(text).toContain('unknown field (name not shown: it may hold a secret)');
      expect(text).not.toMatch(/98765432|abcdefgh/);
    }
    expect(printed[0]).toContain(shown);
  });

  test.for([
    {
      changes: [[[...credential, 'secretAccesKey'], 'x']] as Change[],
      shown: 'did you mean secretAccessKey?',
    },
    { changes: [[['tokens', 0, 'modul'], 'x']] as Change[], shown: 'tokens[0].modul is not a known field' },
    { changes: [[['proxy', 'prot'], 1]] as Change[], shown: 'proxy.prot is not a known field' },
  ])('while a slip of the pen is shown: $shown', ({ changes, shown }) => {
    using directory = new ConfigDirectory();
    expect(faultOf(directory.configure(...changes)).message).toContain(shown);
  });

  it('while a value that is no secret is quoted, so the search above would find one', () => {
    using directory = new ConfigDirectory();
    const fault = faultOf(directory.configure([['keyStores', 0, 'regions', 0], CANARY]));
    expect(fault.message).toContain(CANARY);
  });

  test.for([
    { title: 'an alias', yaml: `pin: *${CANARY}` },
    { title: 'a tag', yaml: `pin: !${CANARY} x` },
    { title: 'an unclosed quote', yaml: `pin: "${CANARY}` },
    { title: 'a second colon', yaml: `pin: a: ${CANARY}` },
    { title: 'an unknown escape', yaml: `pin: "\\q${CANARY}"` },
    { title: 'a directive', yaml: `%${CANARY} 1\n---\npin: 1` },
    { title: 'a block scalar header', yaml: `pin: |${CANARY}\n  x` },
    { title: 'a reserved character', yaml: `pin: @${CANARY}` },
    { title: 'a flow mapping', yaml: `pin: {${CANARY}` },
  ])('in YAML that cannot be parsed because of $title', ({ yaml }) => {
    using directory = new ConfigDirectory();
    const fault = faultOf(directory.write('c.yaml', yaml));
    expect(fault.code).toBe('syntax');
    expect([fault.message, inspect(fault, { depth: 9 })].join('\n')).not.toContain(CANARY);
  });

  it('and a loaded configuration does not print its own', () => {
    using directory = new ConfigDirectory();
    const config = directory.load();
    expect(`${JSON.stringify(config)}${inspect(config, { depth: 20, showHidden: true })}`).not.toContain(
      SECRET,
    );
  });
});
