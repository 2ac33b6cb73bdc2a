import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { CREDENTIAL, PREFIX, proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { portcullis } from './run-portcullis.ts';

const SECOND = {
  accessKeyId: 'SECONDAKID234567ABCD',
  secretAccessKey: 'c2Vjb25kLXNlY3JldC1vZi1tb3JlLXRoYW4tMzItYnl0ZXM=',
};
let token: TestToken;
let directory: string;
let config: string;
let config2: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-credentials-'));
  token = await createTestToken();
  config = await proxyConfig(token);
  config2 = join(token.paths.directory, 'two.yaml');
  const content = parse(readFileSync(config, 'utf8'));
  content.keyStores.push({
    pathPrefix: '/two',
    regions: ['us-east-1'],
    credentials: [CREDENTIAL, SECOND],
    keys: { two: { token: 'soft', label: 'two' } },
  });
  writeFileSync(config2, stringify(content), { mode: 0o600 });
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await token[Symbol.asyncDispose]();
});

describe('portcullis credentials new', () => {
  it('X-65: prints an entry for the configuration, another one each time', async () => {
    const [one, other] = await Promise.all([
      portcullis('credentials', 'new'),
      portcullis('credentials', 'new'),
    ]);

    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(
      /^- accessKeyId: [A-Z2-7]{20,30}\n {2}secretAccessKey: [A-Za-z0-9+/=]{43,64}\n {2}createdAt: \d{4}-\d\d-\d\d\n$/,
    );
    expect(one.stdout).not.toBe(other.stdout);
  });

  it('writes a file for its owner alone, shows no secret, and replaces no file', async () => {
    const out = join(directory, 'credential.yaml');
    const first = await portcullis('credentials', 'new', '--out', out);
    const text = readFileSync(out, 'utf8');
    const again = await portcullis('credentials', 'new', '--out', out);

    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(text).toMatch(/^- accessKeyId: \w+\n {2}secretAccessKey: \S{64}\n {2}createdAt: \S{10}\n$/);
    expect(first.stdout).toMatch(/^[A-Z2-7]{24} is in .*credential\.yaml\n$/);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('is there already');
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  it('says so when the file cannot be made', async () => {
    const result = await portcullis('credentials', 'new', '--out', join(directory, 'no/such/folder'));

    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('cannot be made (ENOENT)');
  });
});

describe('portcullis xks-config', () => {
  it('X-72: writes the file that the KMS console takes, for its owner alone', async () => {
    const out = join(directory, 'console.json');
    const result = await portcullis('xks-config', '--config', config, '--out', out);

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).not.toContain(CREDENTIAL.secretAccessKey);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toStrictEqual({
      XksProxyUriPath: `${PREFIX}/kms/xks/v1`,
      XksProxyAuthenticationCredential: {
        AccessKeyId: CREDENTIAL.accessKeyId,
        RawSecretAccessKey: CREDENTIAL.secretAccessKey,
      },
    });
  });

  it('X-72: prints the one of several key stores and credentials that is named', async () => {
    const result = await portcullis(
      ...['xks-config', '-c', config2, '-p', '/two', '-k', SECOND.accessKeyId, '--print-secret'],
    );

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toStrictEqual({
      XksProxyUriPath: '/two/kms/xks/v1',
      XksProxyAuthenticationCredential: {
        AccessKeyId: 'SECONDAKID234567ABCD',
        RawSecretAccessKey: SECOND.secretAccessKey,
      },
    });
  });

  it.for([
    { what: 'nowhere to write to', args: [], says: '--out <file> or --print-secret' },
    {
      what: 'two places to write to',
      args: ['--print-secret', '-o', 'x'],
      says: '--out <file> or --print-secret',
    },
    {
      what: 'no prefix of two',
      args: ['--print-secret'],
      says: 'several key stores; name one with --prefix',
    },
    { what: 'a wrong prefix', args: ['--print-secret', '-p', '/x'], says: "no key store with prefix '/x'" },
    { what: 'no id of two', args: ['--print-secret', '-p', '/two'], says: 'name one with --access-key-id' },
    {
      what: 'a wrong id',
      args: ['--print-secret', '-p', '/two', '-k', 'X'],
      says: 'no credential with that',
    },
  ])('exits with 2 when it is given $what', async ({ args, says }) => {
    const result = await portcullis('xks-config', '-c', config2, ...args);

    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(says);
    expect(result.stderr).not.toContain(SECOND.secretAccessKey);
  });
});
