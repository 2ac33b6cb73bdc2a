/** The edges of what is accepted, and the report as a whole. */
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { type Change, ConfigDirectory, faultOf, SPARE, STORE } from './config-directory.ts';

describe('limits at their edge', () => {
  it('X-07: a path of 128 characters is accepted', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['keyStores', 0, 'pathPrefix'], `/${'p'.repeat(116)}`])).toEqual([]);
  });

  it('X-65: access key ids of 20 and 30 characters are accepted', () => {
    using directory = new ConfigDirectory();
    const longest = {
      accessKeyId: 'A2B3C4D5E6F7G2H3I4J5K6L7M2N3O4',
      secretAccessKey: { env: 'OTHER_SECRET' },
    };
    expect(directory.problems([['keyStores', 0, 'credentials', 1], longest])).toEqual([]);
  });

  it('X-44: ten tokens behind one prefix are accepted, eleven are not', () => {
    using directory = new ConfigDirectory();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
    const tokens = names.map((name) => ({ ...SPARE, name, token: { label: name } }));
    const keys = Object.fromEntries(names.map((name) => [name, { token: name, label: 'foo' }]));
    const { k: _, ...tenKeys } = keys;
    const withTokens: Change = [['tokens'], tokens];
    expect(directory.problems(withTokens, [['keyStores', 0, 'keys'], tenKeys])).toEqual([]);
    expect(directory.problems(withTokens, [['keyStores', 0, 'keys'], keys])).toEqual([
      'keyStores[0].keys use 11 tokens; expected at most 10, as many as a health reply can list; split the key store',
    ]);
  });

  it('a control socket path of 107 bytes is accepted, one of 108 is not', () => {
    using directory = new ConfigDirectory();
    const socket = (bytes: number): Change => [['control'], { socket: `/${'s'.repeat(bytes - 1)}` }];
    expect(directory.problems(socket(107))).toEqual([]);
    expect(directory.problems(socket(108))).toEqual([
      'control.socket is 108 bytes long as an absolute path; expected at most 107; choose a shorter path',
    ]);
  });

  test.for(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('X-03: plain HTTP is accepted on %s', (host) => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['proxy', 'host'], host])).toEqual([]);
  });

  it('X-03: plain HTTP is accepted elsewhere when the operator says that it is meant', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['proxy'], { host: '0.0.0.0', dangerPlainHttp: true }])).toEqual([]);
  });
});

describe('a report', () => {
  it('tells which files the refused configuration names, and prints none of them', () => {
    using directory = new ConfigDirectory();
    const file = directory.configure([['tokens', 0, 'pin'], { file: 'absent' }], [['stateDir'], 7]);
    const fault = faultOf(file);
    expect(fault.sources).toEqual([join(directory.path, 'absent')]);
    expect(inspect(fault)).not.toContain('absent');
    directory.write('portcullis.yaml', 'proxy: [');
    expect(faultOf(file).sources).toEqual([]);
  });

  it('lists the problems of every section at once, also when some do not fit the schema', () => {
    using directory = new ConfigDirectory();
    const problems = directory.problems(
      [['stateDir'], undefined],
      [['tokens', 0, 'hosts'], 0],
      [['tokens', 1], { ...SPARE, module: './no.so' }],
      [['keyStores', 0, 'keys', 'odd'], { token: 'soft', id: 'xyz' }],
      [['keyStores', 0, 'keys', 'none'], { token: 'soft' }],
      [['keyStores', 1], { ...STORE, pathPrefix: '/one' }],
    );
    expect(problems.map((line) => line.split('; expected')[0])).toEqual([
      'stateDir is missing',
      'tokens[0].hosts is 0',
      'keyStores[0].keys.odd.id is "xyz"',
      'tokens[1].module names a file that does not exist (<directory>/no.so)',
      'keyStores[0].keys.none has none of label, id and uri',
      "keyStores[1].pathPrefix is '/one', as is keyStores[0].pathPrefix",
    ]);
  });

  it('does not call a token unknown when its entry was refused', () => {
    using directory = new ConfigDirectory();
    expect(directory.problems([['tokens', 0, 'hosts'], 0])).toEqual([
      'tokens[0].hosts is 0; expected a whole number from 1 to 8',
    ]);
  });

  it('names the file, the line and the count', () => {
    using directory = new ConfigDirectory();
    const file = directory.write(
      'c.yaml',
      'stateDir: s\nproxy:\n  port: 8080\n  prot: 1\ntokens: {}\nkeyStores: {}\n',
    );
    expect(faultOf(file).message).toBe(
      [
        '3 problems in the configuration',
        `${file}:4: proxy.prot is not a known field; expected one of host, port, reusePort, tls, dangerPlainHttp, fleetSize, limits, deadlines; did you mean port?`,
        `${file}:5: tokens is a mapping; expected a list of 0 to 64 entries`,
        `${file}:6: keyStores is a mapping; expected a list of 0 to 1000 entries`,
      ].join('\n'),
    );
  });

  test.for([
    { content: '', found: '(the whole file) is empty' },
    { content: '- a', found: '(the whole file) is a list of 1 entry' },
    { content: 'hello', found: '(the whole file) is a text' },
  ])('refuses $content as a whole', ({ content, found }) => {
    using directory = new ConfigDirectory();
    const file = directory.write('c.yaml', content);
    const end =
      '; expected a mapping with the fields proxy, metrics, control, stateDir, log, invocations, tokens, keyStores';
    expect(faultOf(file).message).toContain(`${found}${end}`);
  });
});
